//! A refusal: OKX's code and text, and the sub-code newer answers carry.

use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub msg: Cow<'static, str>,
    pub sub_code: &'static str,
}

impl Refusal {
    pub const fn new(code: &'static str, msg: &'static str) -> Self {
        Self { code, msg: Cow::Borrowed(msg), sub_code: "" }
    }

    pub fn because(code: &'static str, msg: String) -> Self {
        Self { code, msg: Cow::Owned(msg), sub_code: "" }
    }

    #[must_use]
    pub const fn sub(mut self, sub_code: &'static str) -> Self {
        self.sub_code = sub_code;
        self
    }

    /// 51000: a value that cannot be.
    pub fn parameter(name: &str) -> Self {
        Self::because("51000", format!("Parameter {name} error"))
    }

    /// 50014: a value that must be there.
    pub fn missing(name: &str) -> Self {
        Self::because("50014", format!("Parameter {name} can not be empty."))
    }

    /// For what OKX has and the simulator has not.
    pub fn not_simulated(what: &str) -> Self {
        Self::because("50062", format!("This feature is currently unavailable. (simulator: {what} is not simulated)"))
    }
}
