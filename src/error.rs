//! One error type for every use case, and what kind of answer it deserves.
//!
//! A use case returns [`Error`]; the doors turn it into a page (`web::error`) or JSON. Only
//! [`Error::Internal`] is our fault: its cause goes to the log and never to the person.

use crate::kernel::{FieldErrors, Refusal};

/// Which door someone has to sign in at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The worker's.
    Worker,
    /// The union officer's.
    Officer,
}

/// What went wrong, by who has to do something about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no; the refusal says why and what next.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// Fields of a form are wrong; what was typed is shown again.
    #[error("form has {} wrong fields", .0.0.len())]
    Invalid(FieldErrors),
    /// Not there, or not for this person: the two are not told apart.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in at this door.
    #[error("sign in first")]
    SignIn(Door),
    /// Ours: a store, the network, a defect. The cause is for the log alone.
    #[error("internal: {0:#}")]
    Internal(#[from] anyhow::Error),
}

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_deadlock(&error) {
            // Two acts waited for each other, and this one was ended whole: whoever tries again sees how it stands now.
            tracing::warn!(%error, "a deadlock");
            return Error::Refused(Refusal::ChangedMeanwhile);
        }
        Error::Internal(anyhow::Error::new(error).context("database"))
    }
}

impl From<crate::kernel::sealed::SealError> for Error {
    fn from(error: crate::kernel::sealed::SealError) -> Self {
        Error::Internal(error.into())
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Error::Invalid(errors)
    }
}

/// Whether the database refused a row because it is there already.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether the database ended a transaction because two waited for each other (PostgreSQL): it can be tried again.
pub fn is_deadlock(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|e| e.code().as_deref() == Some("40P01"))
}
