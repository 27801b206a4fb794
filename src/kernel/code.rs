//! Codes people read and type.

use sha2::{Digest, Sha256};

/// Letters and digits that are not taken for one another: no 0/O, 1/I (ux.md). 32 of them, so a byte maps evenly.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// An application's number, "7K3M-9PXW", from 8 random bytes.
pub fn application_number(random: [u8; 8]) -> String {
    let mut out = String::with_capacity(9);
    for (i, byte) in random.iter().enumerate() {
        if i == 4 {
            out.push('-');
        }
        out.push(ALPHABET[(byte % 32) as usize] as char);
    }
    out
}

/// "7K3M9PXW" as it is written for people, "7K3M-9PXW"; none when it cannot be an application's number.
pub fn grouped(plain: &str) -> Option<String> {
    let ours = plain.len() == 8 && plain.bytes().all(|b| ALPHABET.contains(&b));
    ours.then(|| format!("{}-{}", &plain[..4], &plain[4..]))
}

/// A six-digit SMS code from 4 random bytes.
pub fn sms_code(random: [u8; 4]) -> String {
    format!("{:06}", u32::from_le_bytes(random) % 1_000_000)
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// R-18 and ux.md: the number can be read out over the phone.
        #[test]
        fn a_number_has_no_letter_that_is_mistaken(random: [u8; 8]) {
            let number = application_number(random);
            prop_assert_eq!(number.len(), 9);
            prop_assert!(!number.contains(['0', 'O', '1', 'I']));
        }

        #[test]
        fn a_code_has_six_digits(random: [u8; 4]) {
            let code = sms_code(random);
            prop_assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
        }
    }
}
