//! OKX on loopback.
#![forbid(unsafe_code)]
