//! The simulator inside this process: `SimServer`. Its threads are Rust's own and never touch the GIL.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use okx_fast_sim::feed::crowd::{self, CrowdOptions};
use okx_fast_sim::feed::market::{self, MarketOptions};
use okx_fast_sim::feed::{Feed, Pace, Report, Script, Server, ServerOptions, recording};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Seconds of a shared market until it goes round, and messages of each instrument in one, unless told otherwise.
const ROUND_S: f64 = 30.0;
const USUAL_RATE: f64 = 3.0;
/// Messages of another market.
const ROUND: usize = 40_000;

/// A feed server on loopback that speaks OKX's public WebSocket; it runs until `stop` or the end of its life.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct SimServer {
    /// Taken only when dropped.
    server: Mutex<Option<Server>>,
    pid: u32,
    /// Base of the plain addresses, `ws://127.0.0.1:PORT`.
    #[pyo3(get)]
    ws: String,
    /// Base of the TLS addresses, `wss://127.0.0.1:PORT`.
    #[pyo3(get)]
    wss: String,
    /// PEM of the authority behind `wss`, made for this run.
    #[pyo3(get)]
    ca_file: PathBuf,
    /// Instrument ids of its market.
    #[pyo3(get)]
    instruments: Vec<String>,
}

#[pymethods]
impl SimServer {
    #[new]
    #[pyo3(signature = (*, seed=1, instruments=5, channels=None, messages=None, checksum="zero", recording=None,
        conn=None, host="127.0.0.1", port=0, tls_port=0, rate=None, speed=None, burst=None, skip=None, limit=None,
        chunk=None, send_log=None, await_streams=1, idle_after_s=30.0, shared=false, okx_limits=false))]
    #[allow(clippy::too_many_arguments, reason = "keyword-only in Python: these are the options of `okx-fast sim`")]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over what it made for the call")]
    fn new(
        py: Python<'_>,
        seed: u64,
        instruments: usize,
        channels: Option<Vec<String>>,
        messages: Option<usize>,
        checksum: &str,
        recording: Option<Vec<u8>>,
        conn: Option<String>,
        host: &str,
        port: u16,
        tls_port: u16,
        rate: Option<f64>,
        speed: Option<&str>,
        burst: Option<u32>,
        skip: Option<u64>,
        limit: Option<u64>,
        chunk: Option<usize>,
        send_log: Option<PathBuf>,
        await_streams: usize,
        idle_after_s: f64,
        shared: bool,
        okx_limits: bool,
    ) -> PyResult<Self> {
        let checksums = match checksum {
            "zero" => false,
            "real" => true,
            other => return Err(PyValueError::new_err(format!("checksum: expected zero or real, got {other}"))),
        };
        if shared {
            let own = [
                ("recording", recording.is_some()),
                ("conn", conn.is_some()),
                ("burst", burst.is_some()),
                ("skip", skip.is_some()),
                ("chunk", chunk.is_some()),
                ("speed=full", speed == Some("full")),
            ];
            if let Some((name, _)) = own.iter().find(|(_, given)| *given) {
                return Err(PyValueError::new_err(format!("{name} is for connections with a feed of their own, not for a shared market")));
            }
        }
        let pace = if shared { pace(None, speed, 1)? } else { pace(rate, speed, burst.unwrap_or(1))? };
        let script = Script { pace, skip, limit, await_streams };
        let host: IpAddr = host.parse().map_err(|_| PyValueError::new_err(format!("host: not an address: {host}")))?;
        let idle_after =
            Duration::try_from_secs_f64(idle_after_s).map_err(|error| PyValueError::new_err(format!("idle_after_s: {error}")))?;
        let channels = channels.unwrap_or_default();
        let options = ServerOptions { host, port, tls_port, script, chunk, send_log, idle_after, shared, okx_limits };
        let server = py.detach(|| -> PyResult<Server> {
            let feed = match recording {
                Some(bytes) => recorded(&bytes, conn.as_deref())?,
                None if shared => {
                    let rate = positive("rate", rate.unwrap_or(USUAL_RATE * instruments as f64))?;
                    let round_s = messages.map_or(ROUND_S, |messages| messages as f64 / rate);
                    crowd(&CrowdOptions { seed, instruments, rate, round_s, checksums, channels })?
                }
                None => generated(&MarketOptions { seed, instruments, messages: messages.unwrap_or(ROUND), checksums, channels })?,
            };
            Ok(Server::start(feed, options)?)
        })?;
        Ok(Self {
            ws: server.ws(),
            wss: server.wss(),
            ca_file: server.ca_file().to_owned(),
            instruments: server.feed().instruments(),
            server: Mutex::new(Some(server)),
            pid: std::process::id(),
        })
    }

    /// Closes every connection, joins the threads; what the last connection was sent (all, of a shared market), as JSON.
    fn stop(&self, py: Python<'_>) -> String {
        if self.is_foreign() {
            return Report::default().to_json();
        }
        py.detach(|| {
            let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
            server.as_mut().map(Server::stop).unwrap_or_default().to_json()
        })
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, py: Python<'_>, _exc_info: &Bound<'_, pyo3::types::PyTuple>) {
        self.stop(py);
    }
}

impl SimServer {
    /// In a child of `fork()`: threads, sockets and the CA's file are the parent's.
    fn is_foreign(&self) -> bool {
        self.pid != std::process::id()
    }
}

impl Drop for SimServer {
    fn drop(&mut self) {
        if self.is_foreign()
            && let Ok(server) = self.server.get_mut()
        {
            std::mem::forget(server.take());
        }
    }
}

fn pace(rate: Option<f64>, speed: Option<&str>, burst: u32) -> PyResult<Pace> {
    match (rate, speed) {
        (Some(_), Some(_)) => Err(PyValueError::new_err("rate and speed exclude each other")),
        (Some(per_s), None) => Ok(Pace::Rate { per_s: positive("rate", per_s)?, burst: burst.max(1) }),
        (None, None | Some("recorded")) => Ok(Pace::Recorded { factor: 1.0 }),
        (None, Some("full")) => Ok(Pace::Full),
        (None, Some(text)) => match text.parse() {
            Ok(factor) if positive("speed", factor).is_ok() => Ok(Pace::Recorded { factor }),
            _ => Err(PyValueError::new_err(format!("speed: expected full, recorded or a factor, got {text}"))),
        },
    }
}

fn positive(name: &str, value: f64) -> PyResult<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(PyValueError::new_err(format!("{name}: expected a positive number, got {value}")))
}

/// There must be such channels, and not too many instruments.
fn check(channels: &[String], instruments: usize) -> PyResult<()> {
    if let Some(unknown) = channels.iter().find(|name| !market::CHANNELS.contains(&name.as_str())) {
        let known = market::CHANNELS.join(", ");
        return Err(PyValueError::new_err(format!("channels: expected some of {known}; got {unknown}")));
    }
    let most = okx_fast_sim::feed::MAX_INSTRUMENTS;
    if !(1..=most).contains(&instruments) {
        return Err(PyValueError::new_err(format!("instruments: expected 1 to {most}, got {instruments}")));
    }
    Ok(())
}

fn generated(options: &MarketOptions) -> PyResult<Feed> {
    check(&options.channels, options.instruments)?;
    Ok(market::generate(options))
}

fn crowd(options: &CrowdOptions) -> PyResult<Feed> {
    check(&options.channels, options.instruments)?;
    crowd::generate(options).map_err(PyValueError::new_err)
}

fn recorded(bytes: &[u8], conn: Option<&str>) -> PyResult<Feed> {
    let text = std::str::from_utf8(bytes).map_err(|error| PyValueError::new_err(format!("recording: {error}")))?;
    recording::read(text, conn).map_err(|error| PyValueError::new_err(error.to_string()))
}
