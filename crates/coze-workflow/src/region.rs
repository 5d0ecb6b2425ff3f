//! Where the service is.

use std::{fmt, str::FromStr};

/// The regions of the service. A token belongs to one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// <https://api.coze.com>, the international region, the default of all official SDKs.
    #[default]
    Com,
    /// <https://api.coze.cn>, the Chinese region.
    Cn,
}

impl Region {
    /// Where the region's API is.
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Com => "https://api.coze.com",
            Self::Cn => "https://api.coze.cn",
        }
    }

    /// Its name in settings: `com` or `cn`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Com => "com",
            Self::Cn => "cn",
        }
    }

    /// The region whose API is at a base URL; `None` for another server.
    pub fn of(base_url: &str) -> Option<Self> {
        let base_url = base_url.trim().trim_end_matches('/');
        let is_at = |region: &Self| base_url.eq_ignore_ascii_case(region.base_url());
        [Self::Com, Self::Cn].into_iter().find(is_at)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Reads the name, in any case.
    fn from_str(name: &str) -> Result<Self, UnknownRegion> {
        [Self::Com, Self::Cn]
            .into_iter()
            .find(|known| name.trim().eq_ignore_ascii_case(known.name()))
            .ok_or(UnknownRegion)
    }
}

/// A name that no region of the service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the region is com or cn")]
pub struct UnknownRegion;
