//! What a setting's value looks like to people.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value as Json, json};

use super::settings::{Listen, LogFormat, Ports, SealKey};
use crate::domain::proxy::{Direct, ProxyUrl};

/// What it looks like.
pub(super) trait Show {
    fn show(&self) -> Json;
}

macro_rules! plain {
    ($($type:ty),+) => { $(impl Show for $type { fn show(&self) -> Json { json!(self) } })+ };
}
plain!(bool, u32, u64, usize, String, SocketAddr);

impl<T: Show> Show for Option<T> {
    fn show(&self) -> Json {
        self.as_ref().map_or(Json::Null, Show::show)
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> Json {
        self.iter().map(Show::show).collect()
    }
}

impl Show for PathBuf {
    fn show(&self) -> Json {
        json!(self.display().to_string())
    }
}

impl Show for IpNet {
    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

impl Show for ProxyUrl {
    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

impl Show for Direct {
    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

impl Show for Listen {
    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

impl Show for SealKey {
    fn show(&self) -> Json {
        let (Self::Configured(file) | Self::Beside(file)) = self;
        file.show()
    }
}

impl Show for LogFormat {
    fn show(&self) -> Json {
        json!(match self {
            Self::Auto => "auto",
            Self::Logfmt => "logfmt",
            Self::Json => "json",
        })
    }
}

impl Show for Ports {
    fn show(&self) -> Json {
        match self {
            Self::Standard => json!("standard"),
            Self::Only(ports) => json!(ports),
            Self::Any => json!("any"),
        }
    }
}

/// A duration as it is written, in the largest unit that fits.
impl Show for Duration {
    fn show(&self) -> Json {
        let millis = self.as_millis();
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
        let unit = units.into_iter().find(|(_, unit)| millis > 0 && millis.is_multiple_of(*unit));
        let (name, unit) = unit.unwrap_or(("ms", 1));
        json!(format!("{}{name}", millis / unit))
    }
}
