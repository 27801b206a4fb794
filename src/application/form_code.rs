//! What the QR code on the printed form says: which application, which version of its form, and a checksum
//! that only this system can make. Whoever photographs the stamped form photographs this too, so
//! that a form of another application or of an older version is found before an officer looks.

use crate::kernel::Sealer;
use crate::kernel::code::grouped;

/// Before every code: ours, and of this layout.
const MARK: &str = "YM1";

/// The form that a code names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormCode {
    /// The application's number, "7K3M-9PXW".
    pub number: String,
    /// `applications.form_version` when it was printed.
    pub version: i64,
}

/// Why a text is not the code of a form printed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAForm {
    /// Another QR code altogether, such as an advertisement.
    #[error("not a form's code")]
    Foreign,
    /// In our layout, but the checksum is not ours: retyped, or made elsewhere.
    #[error("a form's code with a wrong checksum")]
    Forged,
}

impl FormCode {
    /// The code's text, `YM1*7K3M9PXW*3*0A1B2C3D4E`: only characters of QR's alphanumeric mode, which keeps the
    /// squares large enough for an old phone's camera.
    pub fn text(&self, sealer: &Sealer) -> String {
        let number = self.number.replace('-', "");
        format!("{MARK}*{number}*{}*{}", self.version, self.checksum(sealer))
    }

    /// Reads a code's text. Errors: [`NotAForm`].
    pub fn parse(text: &str, sealer: &Sealer) -> Result<FormCode, NotAForm> {
        let parts: Vec<&str> = text.trim().split('*').collect();
        let [MARK, number, version, checksum] = parts[..] else {
            return Err(NotAForm::Foreign);
        };
        let number = grouped(number).ok_or(NotAForm::Forged)?;
        let version = version.parse().map_err(|_| NotAForm::Forged)?;
        let code = FormCode { number, version };
        // Nothing is gained by timing this: whoever holds the paper may look at a valid code.
        if code.checksum(sealer) == checksum {
            Ok(code)
        } else {
            Err(NotAForm::Forged)
        }
    }

    /// Ten hexadecimal digits (40 bits) of a keyed hash.
    fn checksum(&self, sealer: &Sealer) -> String {
        let index = sealer.index("form.code", &format!("{}/{}", self.number, self.version));
        index.chars().take(10).collect::<String>().to_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::code;
    use proptest::prelude::*;

    proptest! {
        /// the code names its form, and any changed character is noticed.
        #[test]
        fn a_code_names_its_form_and_no_other(random: [u8; 8], version in 1i64..1000, at in 4usize..22, put in "[0-9A-Z]") {
            let sealer = Sealer::new([7; 32], &[]);
            let code = FormCode { number: code::application_number(random), version };
            let text = code.text(&sealer);
            prop_assert_eq!(FormCode::parse(&text, &sealer), Ok(code));
            let mut changed = text.clone();
            let at = at.min(text.len() - 1);
            changed.replace_range(at..=at, &put);
            prop_assert!(changed == text || FormCode::parse(&changed, &sealer).is_err());
            prop_assert_eq!(FormCode::parse(&text, &Sealer::new([8; 32], &[])), Err(NotAForm::Forged));
        }
    }

    #[test]
    fn another_qr_code_is_foreign() {
        let sealer = Sealer::new([7; 32], &[]);
        for text in ["", "https://example.org/", "YM1", "YM2*A*1*B"] {
            assert_eq!(FormCode::parse(text, &sealer), Err(NotAForm::Foreign));
        }
    }
}
