//! RSA keys that sign, by the library that the connections use too.

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
use aws_lc_rs as provider;
#[cfg(feature = "ring")]
use ring as provider;

use std::{error::Error, fmt};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use provider::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use secrecy::zeroize::Zeroizing;

/// A private RSA key. Nothing of it is shown.
pub(super) struct SigningKey(RsaKeyPair);

impl SigningKey {
    /// Reads a key out of PEM: PKCS #8 or PKCS #1, with any line ends, or with `\n` written out as it is in
    /// variables and JSON files.
    pub(super) fn from_pem(text: &str) -> Result<Self, PrivateKeyError> {
        let block = find(text)?;
        let label = block.label;
        if label.starts_with("ENCRYPTED") || block.body.contains("ENCRYPTED") {
            return Err(PrivateKeyError(Reason::Encrypted));
        }
        let read = match label {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8,
            "RSA PRIVATE KEY" => RsaKeyPair::from_der,
            _ => return Err(PrivateKeyError(Reason::NotRsa)),
        };
        let bare = block.body.replace("\\r", "").replace("\\n", "");
        let bare: Zeroizing<String> = Zeroizing::new(bare.split_whitespace().collect());
        let broken = |_| PrivateKeyError(Reason::Broken);
        let der = Zeroizing::new(STANDARD.decode(&*bare).map_err(broken)?);
        // The library names what it dislikes in a word, such as `WrongAlgorithm` or `TooSmall`.
        read(&der).map(Self).map_err(|error| {
            PrivateKeyError(match error.to_string().as_str() {
                "WrongAlgorithm" => Reason::NotRsa,
                "TooSmall" => Reason::TooSmall,
                _ => Reason::Broken,
            })
        })
    }

    /// The RS256 signature of a text, as base64url.
    pub(super) fn sign(&self, text: &str) -> Result<String, PrivateKeyError> {
        #[cfg(feature = "ring")]
        let length = self.0.public().modulus_len();
        #[cfg(not(feature = "ring"))]
        let length = self.0.public_modulus_len();
        let mut signature = vec![0; length];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .map_err(|_| PrivateKeyError(Reason::Refused))?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }
}

/// 32 random bytes as base64url: 43 characters.
pub(super) fn random() -> Result<String, PrivateKeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandom::new()
        .fill(&mut *bytes)
        .map_err(|_| PrivateKeyError(Reason::Refused))?;
    Ok(URL_SAFE_NO_PAD.encode(*bytes))
}

/// The SHA-256 of a text as base64url.
pub(super) fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

/// The first block of a PEM text that holds a private key.
fn find(text: &str) -> Result<Block<'_>, PrivateKeyError> {
    let mut rest = text;
    let mut reason = Reason::NotPem;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let found = after.split_once("-----").and_then(|(label, after)| {
            let (body, after) = after.split_once(&format!("-----END {label}-----"))?;
            Some((Block { label, body }, after))
        });
        let Some((block, after)) = found else {
            return Err(PrivateKeyError(Reason::Broken));
        };
        if block.label.ends_with("PRIVATE KEY") {
            return Ok(block);
        }
        if block.label.ends_with("PUBLIC KEY") {
            reason = Reason::Public;
        }
        rest = after;
    }
    Err(PrivateKeyError(reason))
}

/// A private key that cannot be used. Nothing of its text is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateKeyError(Reason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NotPem,
    Public,
    Encrypted,
    NotRsa,
    TooSmall,
    Broken,
    Refused,
}

impl fmt::Display for PrivateKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::NotPem => {
                "the private key is not PEM: pass the contents of private_key.pem, `-----BEGIN` included"
            }
            Reason::Public => {
                "this is a public key: pass the private key that was downloaded with it"
            }
            Reason::Encrypted => {
                "the private key is encrypted: decrypt it first, e.g. with `openssl pkey`"
            }
            Reason::NotRsa => {
                "the private key is not an RSA key: the service takes RS256 signatures alone"
            }
            Reason::TooSmall => "the private key has fewer than 2048 bits",
            Reason::Broken => "the private key is truncated or damaged",
            Reason::Refused => "the system's random numbers cannot be had",
        })
    }
}

impl Error for PrivateKeyError {}
