//! Applications that may ask for tokens.

use std::{error, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{KeyPair, RsaKeyPair};
use serde::Deserialize;

use super::device;

/// An OAuth application, as it would be registered with the service.
#[derive(Clone)]
pub struct OAuthApp {
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
    /// Fingerprints with keys: the DER form of PKCS #1, without its wrapping.
    pub(super) keys: Vec<(String, Vec<u8>)>,
    /// Seconds between two polls of a device, at least.
    pub(crate) interval: i64,
}

/// A key, or a file of an application, that cannot be read.
#[derive(Debug)]
pub struct KeyError(&'static str);

/// What is read of `coze_oauth_config.json`.
#[derive(Deserialize)]
struct Config {
    client_id: String,
    client_secret: Option<String>,
    public_key_id: Option<String>,
    private_key: Option<String>,
    public_key: Option<String>,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key cannot be read: {}", self.0)
    }
}

impl error::Error for KeyError {}

impl OAuthApp {
    /// An application without a secret: PKCE and device code.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            secret: None,
            keys: Vec::new(),
            interval: device::INTERVAL,
        }
    }

    /// The application of a file as its clients have it, `coze_oauth_config.json`: with its secret, and with the public half
    /// of its private key. In place of the private key there may be a `public_key`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the text is not such a file, or its key is no RSA key.
    pub fn from_config(text: &str) -> Result<Self, KeyError> {
        let config: Config = serde_json::from_str(text)
            .map_err(|_| KeyError("it is not a file of JSON with a client_id"))?;
        let mut app = Self::new(config.client_id);
        app.secret = config.client_secret;
        match (config.public_key_id, config.public_key, config.private_key) {
            (Some(id), Some(pem), _) => app.keys.push((id, rsa_key(&pem)?)),
            (Some(id), None, Some(pem)) => app.keys.push((id, public_half(&pem)?)),
            (None, Some(_), _) | (None, None, Some(_)) => {
                return Err(KeyError("its file has no public_key_id"));
            }
            (_, None, None) => {}
        }
        Ok(app)
    }

    /// Its client id.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The ids of its keys.
    pub(crate) fn key_ids(&self) -> Vec<&str> {
        self.keys.iter().map(|(id, _)| id.as_str()).collect()
    }

    /// Asks for a secret at the authorization code and refresh grants.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Sets how many seconds a device of this application has to leave between two polls: 5 unless set.
    #[must_use]
    pub fn poll_interval(mut self, seconds: u32) -> Self {
        self.interval = seconds.into();
        self
    }

    /// Adds an RSA key for the JWT grant; `key_id` is what the `kid` of the JWT has to be.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `pem` is neither a `PUBLIC KEY` nor an `RSA PUBLIC KEY`.
    pub fn public_key(mut self, key_id: impl Into<String>, pem: &str) -> Result<Self, KeyError> {
        self.keys.push((key_id.into(), rsa_key(pem)?));
        Ok(self)
    }
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret stays out of logs.
        f.debug_struct("OAuthApp")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The label and the bytes of the first block in a PEM text.
fn block(pem: &str) -> Result<(&str, Vec<u8>), KeyError> {
    let mut lines = pem
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with("-----BEGIN "));
    let label = lines.next().ok_or(KeyError("it is not PEM"))?;
    let text: String = lines
        .take_while(|line| !line.starts_with("-----END "))
        .collect();
    let der = STANDARD.decode(text);
    Ok((label, der.map_err(|_| KeyError("it is not base64"))?))
}

/// The public half of a private key in PEM, as PKCS #1.
fn public_half(pem: &str) -> Result<Vec<u8>, KeyError> {
    let (label, der) = block(pem)?;
    let key = match label {
        "-----BEGIN PRIVATE KEY-----" => RsaKeyPair::from_pkcs8(&der),
        "-----BEGIN RSA PRIVATE KEY-----" => RsaKeyPair::from_der(&der),
        _ => return Err(KeyError("it is not a PRIVATE KEY")),
    };
    let key = key.map_err(|_| KeyError("it is not an RSA key"))?;
    Ok(key.public_key().as_ref().to_vec())
}

/// The PKCS #1 key inside a PEM text.
fn rsa_key(pem: &str) -> Result<Vec<u8>, KeyError> {
    let (label, der) = block(pem)?;
    let is_wrapped = match label {
        "-----BEGIN PUBLIC KEY-----" => true,
        "-----BEGIN RSA PUBLIC KEY-----" => false,
        _ => return Err(KeyError("it is not a PUBLIC KEY")),
    };
    if !is_wrapped {
        return Ok(der);
    }
    // SEQUENCE { SEQUENCE { algorithm }, BIT STRING { 0 unused bits, key } }
    let broken = KeyError("it is not an RSA key");
    let found = (|| {
        let (outer, _) = element(0x30, &der)?;
        let (_, rest) = element(0x30, outer)?;
        let (bits, _) = element(0x03, rest)?;
        bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
    })();
    found.ok_or(broken)
}

/// The content of a DER element with this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    if short < 0x80 {
        return rest.split_at_checked(short.into());
    }
    let (length, rest) = rest.split_at_checked((short & 0x7f).into())?;
    if length.len() > 4 {
        return None;
    }
    let length = length
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_told() {
        let told = |pem: &str| {
            OAuthApp::new("a")
                .public_key("k", pem)
                .unwrap_err()
                .to_string()
        };
        assert!(told("hello").ends_with("it is not PEM"));
        assert!(told("-----BEGIN PRIVATE KEY-----\nAA==").ends_with("it is not a PUBLIC KEY"));
        assert!(told("-----BEGIN PUBLIC KEY-----\n*").ends_with("it is not base64"));
        assert!(
            told("-----BEGIN PUBLIC KEY-----\nMIL/////\n-----END PUBLIC KEY-----")
                .ends_with("it is not an RSA key")
        );
    }
}
