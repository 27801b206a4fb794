//! Fetching platform certificates, for merchants without WeChat's public key (facts row 12).

use reqwest::Method;
use serde::Deserialize;

use super::client::PayClient;
use super::crypt::Resource;
use super::error::PayError;
use super::keys;

const PATH: &str = "/v3/certificates";

#[derive(Deserialize)]
struct Answer {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    serial_no: String,
    encrypt_certificate: Resource,
}

impl PayClient {
    /// Fetches and adds WeChat's certificates; gives their serials. With a public key nothing is asked: the interface is
    /// closed to merchants that have one.
    ///
    /// The first answer can only be verified with a certificate that it brings itself: that it opens with the APIv3 key,
    /// which only WeChat and the merchant have, is what makes it WeChat's.
    pub async fn fetch_certificates(&self) -> Result<Vec<String>, PayError> {
        if self.keys().is_key_mode() {
            return Ok(Vec::new());
        }
        let raw = self.send_unverified("certificates", Method::GET, PATH).await?;
        let answer: Answer = serde_json::from_slice(&raw.body).map_err(|e| PayError::decode(&e))?;
        let mut found = Vec::new();
        for entry in answer.data {
            let pem = self
                .api_v3_key()
                .open(&entry.encrypt_certificate)
                .map_err(|_| PayError::Unverified)?;
            let pem = std::str::from_utf8(&pem).map_err(|_| PayError::Unverified)?;
            let certificates = keys::certificates(pem).map_err(|_| PayError::Unverified)?;
            found.extend(
                certificates
                    .into_iter()
                    .filter(|c| c.serial.eq_ignore_ascii_case(&entry.serial_no)),
            );
        }
        let known = keys::PlatformKeys::new();
        for certificate in &found {
            known.add_certificate(certificate.clone());
        }
        raw.verify(&known, self.now_s())?;
        let serials = found.iter().map(|c| c.serial.clone()).collect();
        for certificate in found {
            self.keys().add_certificate(certificate);
        }
        Ok(serials)
    }
}
