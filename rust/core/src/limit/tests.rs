//! The rules of the limiter, told as a table of times.
