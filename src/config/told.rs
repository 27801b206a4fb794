//! Settings of being told: the working days, and when a union is late.

use super::{ConfigError, Env, error, number};
use crate::kernel::Calendar;
use std::path::{Path, PathBuf};

/// Working days and lateness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The working days: those of the program, with the operator's file over them.
    pub calendar: Calendar,
    /// A union is late when an application has stood there longer than so many working days.
    pub late_after: i64,
}

impl Told {
    pub(super) fn read(env: Env, data_dir: &Path) -> Result<Self, ConfigError> {
        let late_after = number(env, "REVIEW_LATE_AFTER_DAYS", 5, "5")?;
        if !(1..=60).contains(&late_after) {
            return Err(error("REVIEW_LATE_AFTER_DAYS", "must be 1 to 60", "5"));
        }
        Ok(Told {
            calendar: calendar(env, data_dir)?,
            late_after: late_after as i64,
        })
    }
}

fn calendar(env: Env, data_dir: &Path) -> Result<Calendar, ConfigError> {
    const NAME: &str = "HOLIDAYS_FILE";
    const EXAMPLE: &str = "/var/lib/yuanmeng/holidays.csv";
    let mut calendar = Calendar::built_in();
    let of_data_dir = data_dir.join("holidays.csv");
    let file = match env(NAME) {
        Some(path) => PathBuf::from(path.trim()),
        None if of_data_dir.exists() => of_data_dir,
        None => return Ok(calendar),
    };
    let text = std::fs::read_to_string(&file);
    let text = text.map_err(|e| error(NAME, format!("{} cannot be read: {e}", file.display()), EXAMPLE))?;
    let own = Calendar::parse(&text);
    calendar.replace(own.map_err(|e| error(NAME, format!("{}: {e}", file.display()), EXAMPLE))?);
    Ok(calendar)
}
