//! REST hooks (`/api`): a subscription is a webhook that was made through this API, one for each account,
//! target and event. What else a subscriber sends becomes a filter on the data's member of that name.

pub mod conditions;
pub mod resources;
pub mod routes;
pub mod samples;
pub mod settings;
pub mod subscribe;
pub mod unsubscribe;
pub mod view;

use crate::api::surface::Surface;

/// REST hooks and their resources.
pub const SURFACE: Surface = Surface::dialect(&["/api", "/r"]);
