//! What came of a command: a place that the session fills and its user looks at.

use std::sync::{Mutex, PoisonError};

/// Empty until the command is carried out, or cannot be.
#[derive(Debug, Default)]
pub struct Outcome(Mutex<Option<Result<String, String>>>);

impl Outcome {
    /// In words: what was done, or why it was not. The first one stays.
    pub fn set(&self, outcome: Result<String, String>) {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.get_or_insert(outcome);
    }

    pub fn get(&self) -> Option<Result<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
