//! Values parsed once at the edge: whoever holds one need not check it again.
//!
//! Imports nothing of the rest of the crate.

pub mod bank_card;
pub mod calendar;
pub mod code;
pub mod id_number;
pub mod money;
pub mod phone;
pub mod refusal;
pub mod sealed;
pub mod text;
pub mod time;

pub use bank_card::BankCard;
pub use calendar::Calendar;
pub use id_number::{IdNumber, Sex};
pub use money::Fen;
pub use phone::Phone;
pub use refusal::{FieldErrors, Refusal};
pub use sealed::Sealer;
pub use time::Time;

/// Gives a unit-only enum its stable text form: `as_str`, `parse`, `Display`, serde, and an `ALL` list.
/// The text is what stands in the database, in JSON and in URLs, so it never changes once released.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $name { $($(#[$vmeta])* #[doc = concat!("Stored as `", $text, "`.")] $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The stable text form.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// Reads the stable text form; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                $name::parse(&text).ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}
