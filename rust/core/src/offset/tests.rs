//! Clocks that are off, that drift, that are set, and replies that say so.
