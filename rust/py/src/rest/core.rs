//! `RestCore`: one client's connections, limits, clock and key.

use super::figures;
use super::queue::{ReplyQueue, seconds};
use super::reply::{self, ClockReading, RawReply};
use super::secret::bytes_of;
use super::spec::Spec;
use crate::errors;
use crate::subs::locked;
use okx_fast_core::rest::head::Method;
use okx_fast_core::rest::query;
use okx_fast_core::secret::Credentials;
use okx_fast_net::clock;
use okx_fast_net::http::{DialOptions, Origin, Pause, Proxy};
use okx_fast_net::rest::{Call, Completions, Config, Engine, Gate, Keys};
use okx_fast_net::tls::TlsConfig;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longest of all durations, seconds.
const MOST_SECONDS: f64 = 86_400.0;
/// Addresses of a name are looked up again after this long, off the hot path.
const DNS_TTL: Duration = Duration::from_secs(60);
const MOST_CONNECTIONS: usize = 256;

/// What `okx_fast.Rest` and `okx_fast.AsyncRest` are made of; use those.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct RestCore {
    /// Taken only when dropped.
    engine: Option<Arc<Engine>>,
    pid: u32,
}

/// The caller's thread: Ctrl-C ends its waits.
#[derive(Default)]
struct Signals(Mutex<Option<PyErr>>);

impl Pause for Signals {
    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general enough in its lifetime")]
    fn interrupted(&self) -> bool {
        match Python::attach(|py| py.check_signals()) {
            Ok(()) => false,
            Err(error) => {
                *locked(&self.0) = Some(error);
                true
            }
        }
    }
}

impl Gate for Signals {}

impl Signals {
    /// What a signal's handler raised: goes before all else.
    fn raised(&self) -> Option<PyErr> {
        locked(&self.0).take()
    }
}

/// Arguments of a call, as Python gives them.
struct Asked<'a, 'py> {
    spec: &'a Bound<'py, Spec>,
    params: Option<&'a Bound<'py, PyAny>>,
    bucket_key: &'a Bound<'py, PyAny>,
    n: u32,
    exp_time: Option<String>,
    deadline_s: f64,
    wait: bool,
    language: Option<String>,
}

fn duration(py: Python<'_>, name: &str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .ok()
        .filter(|d| !d.is_zero() && value <= MOST_SECONDS)
        .ok_or_else(|| errors::config(py, &format!("{name}: expected seconds above 0, at most {MOST_SECONDS}, got {value}")))
}

fn check_cap(py: Python<'_>, count: u32) -> PyResult<()> {
    if count > 0 { Ok(()) } else { Err(errors::config(py, "order_cap: expected at least 1 order in 2 s, got 0")) }
}

/// Monotonic: now, and so many seconds later.
fn span(py: Python<'_>, seconds: f64) -> PyResult<(u64, u64)> {
    let now = clock::mono_ns();
    let ns = u64::try_from(duration(py, "deadline_s", seconds)?.as_nanos()).unwrap_or(u64::MAX);
    Ok((now, now.saturating_add(ns)))
}

/// A key counted `n` times, or a list of keys with a number each.
fn keys(bucket_key: &Bound<'_, PyAny>, n: u32) -> PyResult<Keys> {
    match bucket_key.cast::<PyString>() {
        Ok(key) => Ok(vec![(key.to_str()?.into(), n)]),
        Err(_) => Ok(bucket_key.extract::<Vec<(String, u32)>>()?.into_iter().map(|(key, n)| (key.into(), n)).collect()),
    }
}

impl Asked<'_, '_> {
    fn call(self, py: Python<'_>) -> PyResult<Call> {
        let (begun_ns, deadline_ns) = span(py, self.deadline_s)?;
        let mut payload = Vec::with_capacity(256);
        let spec = &self.spec.get().0;
        match (self.params, spec.method) {
            (None, _) => {}
            (Some(params), Method::Get) => {
                let params = params.cast::<PyDict>()?;
                for (name, value) in params.iter() {
                    if !payload.is_empty() {
                        payload.push(b'&');
                    }
                    let pair = (name.cast::<PyString>()?.to_str()?, value.cast::<PyString>()?.to_str()?);
                    query::encode_query([pair], &mut payload);
                }
            }
            (Some(params), Method::Post) => payload.extend_from_slice(params.cast::<PyBytes>()?.as_bytes()),
        }
        let keys = keys(self.bucket_key, self.n)?;
        Ok(Call { payload, keys, exp_time: self.exp_time, language: self.language, begun_ns, deadline_ns, wait: self.wait })
    }
}

#[pymethods]
impl RestCore {
    #[new]
    #[pyo3(signature = (*, base, demo, ca_file, proxy, local_address, connections, connect_within_s, keep_warm_s, max_clock_offset_s, order_cap))]
    #[allow(clippy::too_many_arguments, reason = "keyword-only: the fields of RestOptions and Site, spelled once more")]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over what it made for the call")]
    fn new(
        py: Python<'_>,
        base: &str,
        demo: bool,
        ca_file: Option<PathBuf>,
        proxy: Option<&str>,
        local_address: Option<&str>,
        connections: usize,
        connect_within_s: f64,
        keep_warm_s: Option<f64>,
        max_clock_offset_s: f64,
        order_cap: u32,
    ) -> PyResult<Self> {
        let config = |what: &dyn ToString| errors::config(py, &what.to_string());
        if !(1..=MOST_CONNECTIONS).contains(&connections) {
            return Err(config(&format!("connections: expected 1 to {MOST_CONNECTIONS}, got {connections}")));
        }
        check_cap(py, order_cap)?;
        let address =
            |text: &str| text.parse::<IpAddr>().map_err(|_| config(&format!("local_address: expected an IP address, got {text:?}")));
        let engine = Engine::new(Config {
            origin: Origin::parse(base).map_err(|e| config(&e))?,
            tls: TlsConfig::new(ca_file.as_deref()).map_err(|e| config(&e))?,
            dial: DialOptions {
                proxy: proxy.map(Proxy::parse).transpose().map_err(|e| config(&e))?,
                local_address: local_address.map(address).transpose()?,
                connect_within: duration(py, "connect_within_s", connect_within_s)?,
                dns_ttl: DNS_TTL,
            },
            demo,
            connections,
            keep_warm: keep_warm_s.map(|s| duration(py, "keep_warm_s", s)).transpose()?,
            max_clock_offset: duration(py, "max_clock_offset_s", max_clock_offset_s)?,
            order_cap,
        });
        let engine = Arc::new(engine.map_err(|e| config(&e))?);
        engine.start()?;
        Ok(Self { engine: Some(engine), pid: std::process::id() })
    }

    /// From the next call on, in place of those before. Copied; cannot be read back.
    #[pyo3(signature = (key, secret, passphrase))]
    fn set_credentials(&self, py: Python<'_>, key: &str, secret: &Bound<'_, PyAny>, passphrase: &Bound<'_, PyAny>) -> PyResult<()> {
        let engine = self.open(py)?;
        let credentials =
            Credentials::new(key, &bytes_of(secret)?, bytes_of(passphrase)?).map_err(|e| errors::config(py, &e.to_string()))?;
        engine.set_credentials(credentials);
        Ok(())
    }

    /// The first characters of the key, or `None` without one.
    #[getter]
    fn key_hint(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.check_fork(py)?;
        Ok(self.engine().and_then(|engine| engine.account()).map(|account| account.credentials.hint()))
    }

    /// One call on this thread, without the GIL.
    #[pyo3(signature = (spec, params, bucket_key, n, exp_time, deadline_s, wait, language))]
    #[allow(clippy::too_many_arguments, reason = "positional, for speed")]
    fn call(
        &self,
        py: Python<'_>,
        spec: &Bound<'_, Spec>,
        params: Option<&Bound<'_, PyAny>>,
        bucket_key: &Bound<'_, PyAny>,
        n: u32,
        exp_time: Option<String>,
        deadline_s: f64,
        wait: bool,
        language: Option<String>,
    ) -> PyResult<RawReply> {
        let engine = self.open(py)?;
        let call = Asked { spec, params, bucket_key, n, exp_time, deadline_s, wait, language }.call(py)?;
        let spec = &spec.get().0;
        let signals = Signals::default();
        match (py.detach(|| engine.call(spec, &call, &signals)), signals.raised()) {
            (_, Some(error)) => Err(error),
            (Ok(answer), None) => Ok(RawReply::new(py, answer)),
            (Err(failure), None) => Err(reply::failure(py, &spec.endpoint, seconds(&call), &failure)),
        }
    }

    /// As `call`, on a worker: what it returns or raises goes to `queue` under `token`.
    #[pyo3(signature = (queue, token, spec, params, bucket_key, n, exp_time, deadline_s, wait, language))]
    #[allow(clippy::too_many_arguments, reason = "positional, for speed")]
    fn submit(
        &self,
        py: Python<'_>,
        queue: &Bound<'_, ReplyQueue>,
        token: u64,
        spec: &Bound<'_, Spec>,
        params: Option<&Bound<'_, PyAny>>,
        bucket_key: &Bound<'_, PyAny>,
        n: u32,
        exp_time: Option<String>,
        deadline_s: f64,
        wait: bool,
        language: Option<String>,
    ) -> PyResult<()> {
        let engine = self.open(py)?;
        let call = Asked { spec, params, bucket_key, n, exp_time, deadline_s, wait, language }.call(py)?;
        let sink: Arc<dyn Completions> = Arc::clone(&queue.get().inbox) as _;
        Ok(engine.submit(Arc::clone(&spec.get().0), call, token, sink)?)
    }

    /// Gives up what was submitted. True: it was not sent and never will be; False: it was, and its reply is discarded.
    #[pyo3(signature = (queue, token))]
    fn abandon(&self, py: Python<'_>, queue: &Bound<'_, ReplyQueue>, token: u64) -> PyResult<bool> {
        self.check_fork(py)?;
        let sink: Arc<dyn Completions> = Arc::clone(&queue.get().inbox) as _;
        Ok(self.engine().is_some_and(|engine| engine.abandon(&sink, token)))
    }

    /// Seconds until such a call may be sent; 0.0: now.
    #[pyo3(signature = (spec, bucket_key, n))]
    fn when(&self, py: Python<'_>, spec: &Bound<'_, Spec>, bucket_key: &Bound<'_, PyAny>, n: u32) -> PyResult<f64> {
        let engine = self.open(py)?;
        Ok(engine.when(&spec.get().0, &keys(bucket_key, n)?) as f64 / 1e9)
    }

    /// OKX refused for a limit where only the items of a reply say so: 50011 closes the endpoint's bucket for a window,
    /// 50061 that of the sub-account's cap.
    #[pyo3(signature = (spec, bucket_key, n, code))]
    fn limit_refused(&self, py: Python<'_>, spec: &Bound<'_, Spec>, bucket_key: &Bound<'_, PyAny>, n: u32, code: &str) -> PyResult<()> {
        self.open(py)?.limit_refused(&spec.get().0, &keys(bucket_key, n)?, code);
        Ok(())
    }

    /// New and amended orders in two seconds, as `trade/account-rate-limit` says.
    #[pyo3(signature = (count))]
    fn set_order_cap(&self, py: Python<'_>, count: u32) -> PyResult<()> {
        check_cap(py, count)?;
        self.open(py)?.set_order_cap(count);
        Ok(())
    }

    /// Makes up to `n` connections, without a request. How many it made.
    #[pyo3(signature = (n, deadline_s))]
    fn prewarm(&self, py: Python<'_>, n: usize, deadline_s: f64) -> PyResult<usize> {
        let engine = self.open(py)?;
        let (_, deadline_ns) = span(py, deadline_s)?;
        let signals = Signals::default();
        let made = py.detach(|| engine.prewarm(n, deadline_ns, &signals));
        made.map_err(|f| signals.raised().unwrap_or_else(|| reply::failure(py, "prewarm", deadline_s, &f)))
    }

    /// Sets the clock from the best of `samples` round trips to `public/time`.
    #[pyo3(signature = (samples, deadline_s))]
    fn sync_clock(&self, py: Python<'_>, samples: u32, deadline_s: f64) -> PyResult<ClockReading> {
        let engine = self.open(py)?;
        let (_, deadline_ns) = span(py, deadline_s)?;
        let signals = Signals::default();
        let read = py.detach(|| engine.sync_clock(samples.max(1), deadline_ns, &signals));
        let endpoint = "GET /api/v5/public/time";
        read.map(ClockReading::from).map_err(|f| signals.raised().unwrap_or_else(|| reply::failure(py, endpoint, deadline_s, &f)))
    }

    /// The last reading of the clock.
    fn clock(&self, py: Python<'_>) -> PyResult<Option<ClockReading>> {
        self.check_fork(py)?;
        Ok(self.engine().and_then(|engine| engine.clock()).map(ClockReading::from))
    }

    /// Counters since the start; `Rest.stats` names them.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.check_fork(py)?;
        match self.engine() {
            Some(engine) => figures::of(py, engine),
            None => Ok(PyDict::new(py)),
        }
    }

    /// Ends connections and threads; what waits raises `ClosedError`. Calling it again is harmless.
    fn close(&self, py: Python<'_>) {
        if self.pid != std::process::id() {
            return;
        }
        if let Some(engine) = self.engine() {
            py.detach(|| engine.close());
        }
    }

    /// In a child of `fork()`: every call raises `ForkError` from now on. The parent's connections stay its own.
    #[allow(clippy::unused_self, reason = "each call compares process ids; this is its documented place")]
    fn forked(&self) {}

    fn __repr__(&self) -> String {
        format!("RestCore({:?})", self.engine)
    }
}

impl RestCore {
    fn engine(&self) -> Option<&Arc<Engine>> {
        self.engine.as_ref()
    }

    fn check_fork(&self, py: Python<'_>) -> PyResult<()> {
        if self.pid == std::process::id() { Ok(()) } else { Err(errors::forked(py)) }
    }

    fn open(&self, py: Python<'_>) -> PyResult<&Arc<Engine>> {
        self.check_fork(py)?;
        self.engine().filter(|engine| !engine.is_closed()).ok_or_else(|| errors::closed(py))
    }

    /// The connections, limits, clock and key, for others who send what counts against the same limits.
    pub fn shared(&self, py: Python<'_>) -> PyResult<Arc<Engine>> {
        self.open(py).cloned()
    }

    /// Closed, or of another process?
    pub fn check(&self, py: Python<'_>) -> PyResult<()> {
        self.open(py).map(|_| ())
    }
}

impl Drop for RestCore {
    fn drop(&mut self) {
        let Some(engine) = self.engine.take() else { return };
        if self.pid == std::process::id() {
            engine.abandon_all();
        } else {
            // Threads and sockets are the parent's: touch nothing.
            std::mem::forget(engine);
        }
    }
}
