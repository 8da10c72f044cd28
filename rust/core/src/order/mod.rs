//! Orders: what is asked of OKX, what it answers, and what becomes of them.

pub mod row;
pub mod track;
