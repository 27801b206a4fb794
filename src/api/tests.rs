//! The OpenAPI document holds together.
use super::*;
