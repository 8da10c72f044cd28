//! `host[:port]` of a URL, taken apart, and which hosts are this machine.

use std::net::IpAddr;

/// A host, an IPv6 one without brackets, and the port if there is one. The error says what was expected.
pub(crate) fn parse(authority: &str) -> Result<(String, Option<u16>), &'static str> {
    if authority.contains('@') {
        return Err("no user name (@)");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or("[IPv6 address]")?;
            let ip: IpAddr = host.parse().map_err(|_| "an IPv6 address in []")?;
            let port = match after.strip_prefix(':') {
                None if !after.is_empty() => return Err(":port after ]"),
                port => port,
            };
            (ip.to_string(), port)
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host.to_ascii_lowercase(), Some(port)),
            None => (authority.to_ascii_lowercase(), None),
        },
    };
    if host.is_empty() {
        return Err("a host");
    }
    let port = match port {
        None => None,
        Some(text) => match text.parse() {
            Ok(port) if port != 0 && text.bytes().all(|b| b.is_ascii_digit()) => Some(port),
            _ => return Err("a port from 1 to 65535"),
        },
    };
    Ok((host, port))
}

/// The host as it stands in a URL: an IPv6 address in brackets.
pub(crate) fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Whether plain text to this host stays on this machine. A name is taken at its word only if it is `localhost`.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.is_loopback())
}
