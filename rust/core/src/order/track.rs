//! The life of each order, from whatever tells of it.
