//! What is wrong with a configuration, all of it at once.

use std::fmt;

use super::reader::variable;

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub struct ConfigError {
    pub(super) problems: Vec<Problem>,
}

/// One thing that is wrong, without the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `section.key`, or the name of a file or a variable.
    pub key: String,
    pub origin: Origin,
    pub what: String,
}

/// Where a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(String),
    Variable(String),
}

impl ConfigError {
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(super) fn one(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { problems: vec![Problem { key: key.into(), origin: Origin::Default, what: what.into() }] }
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.problems.len() == 1 { "" } else { "s" };
        writeln!(f, "the configuration has {} problem{plural}:", self.problems.len())?;
        for problem in &self.problems {
            writeln!(f, "  - {problem}")?;
        }
        f.write_str(
            "Correct them and try `densach config check`, which starts nothing. \
             deploy/default.toml explains every setting.",
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.key, self.origin, self.what)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::File(name) => write!(f, " (in {name})"),
            Self::Variable(name) => write!(f, " (from {name})"),
        }
    }
}

impl Origin {
    /// How a setting is written there.
    pub(super) fn spell(&self, path: &str) -> String {
        match self {
            Self::Variable(_) => variable(path),
            Self::Default | Self::File(_) => path.to_owned(),
        }
    }
}
