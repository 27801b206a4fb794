//! Money as an integer number of fen (1/100 yuan); no floating point anywhere.

use std::fmt;

/// An amount in fen.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// Whole yuan.
    pub const fn yuan(yuan: i64) -> Self {
        Fen(yuan * 100)
    }

    /// Yuan without the word, for a field or a table: "1000", "999.50".
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (yuan, fen) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        if fen == 0 {
            format!("{sign}{yuan}")
        } else {
            format!("{sign}{yuan}.{fen:02}")
        }
    }
}

/// "1000 元", "999.50 元".
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 元", self.plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the city's grant is 1,000 yuan a person.
    #[test]
    fn is_written_as_people_write_it() {
        assert_eq!(Fen::yuan(1000).to_string(), "1000 元");
        assert_eq!(Fen(99_905).to_string(), "999.05 元");
        assert_eq!(Fen(-50).to_string(), "-0.50 元");
        assert_eq!(Fen(99_950).plain(), "999.50");
    }
}
