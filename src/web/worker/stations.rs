//! `/stations`: service stations by district, and the hotline.
//!
//! # What tests hold on to
//! `hotline`, `f-district`, `filter`, one `station` a line with `station-open`, `map`, `call`; `none`. A station's page: `paused`.

use crate::content::stations::{self, Station, districts};
use crate::error::Result;
use crate::web::ctx::Ctx;
use crate::web::jssdk;
use crate::web::page::{Base, page};
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, Route, get, handler};
use serde::Deserialize;

/// Adds them to the worker's routes.
pub fn routes(route: Route) -> Route {
    route.at("/stations", get(list)).at("/stations/:id", get(show))
}

/// A station as the pages show it.
pub struct View {
    pub s: Station,
    /// What a phone dials.
    pub dial: String,
    /// A page of a map with the place on it; by address where there are no coordinates.
    pub map: String,
    pub lat: String,
    pub lng: String,
}

fn view(s: Station) -> View {
    let dial = s.phone.split('转').next().unwrap_or_default();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let (page, lat, lng) = match s.at {
        Some(at) => {
            query
                .append_pair("position", &at.to_string())
                .append_pair("name", &s.name);
            ("marker", at.lat_text(), at.lng_text())
        }
        None => {
            query
                .append_pair("keyword", &s.address)
                .append_pair("city", "济南");
            ("search", String::new(), String::new())
        }
    };
    query
        .append_pair("src", "yuanmeng")
        .append_pair("callnative", "1");
    View {
        dial: dial.chars().filter(char::is_ascii_digit).collect(),
        map: format!("https://uri.amap.com/{page}?{}", query.finish()),
        lat,
        lng,
        s,
    }
}

/// The stations of a district.
pub struct Group {
    pub district: String,
    pub stations: Vec<View>,
}

fn grouped(stations: Vec<Station>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for station in stations {
        match groups.last_mut() {
            Some(group) if group.district == station.district => group.stations.push(view(station)),
            _ => groups.push(Group {
                district: station.district.clone(),
                stations: vec![view(station)],
            }),
        }
    }
    groups
}

#[derive(Template)]
#[template(path = "worker/stations.html")]
struct ListPage {
    base: Base,
    /// WeChat's JS-SDK, which opens a place on WeChat's map.
    sdk: Option<String>,
    /// The one that is chosen; empty for all.
    district: String,
    /// Those with a station.
    districts: Vec<String>,
    groups: Vec<Group>,
}

/// What the address asks for.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    district: String,
}

/// `GET /stations?district=`
#[handler]
async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut all = stations::all(&ctx.app).await?;
    let mut with: Vec<String> = all.iter().map(|station| station.district.clone()).collect();
    with.dedup();
    let district = districts().find(|name| *name == asked.district);
    if let Some(district) = district {
        all.retain(|station| station.district == district);
        if !with.iter().any(|name| name == district) {
            with.push(district.to_owned());
        }
    }
    let sdk = jssdk::script_here(&ctx);
    let loads = sdk.is_some();
    let response = page(&ListPage {
        base: ctx.base("服务站与热线"),
        sdk,
        district: district.unwrap_or_default().to_owned(),
        districts: with,
        groups: grouped(all),
    })?;
    Ok(jssdk::allow(&ctx.app, loads, response))
}

#[derive(Template)]
#[template(path = "worker/stations_one.html")]
struct OnePage {
    base: Base,
    /// WeChat's JS-SDK, which opens a place on WeChat's map.
    sdk: Option<String>,
    v: View,
}

/// `GET /stations/:id`
#[handler]
async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let station = stations::find(&ctx.app, &id).await?;
    let sdk = jssdk::script_here(&ctx);
    let loads = sdk.is_some();
    let response = page(&OnePage {
        base: ctx.base(&station.name),
        sdk,
        v: view(station),
    })?;
    Ok(jssdk::allow(&ctx.app, loads, response))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::stations::{Typed, check};

    /// the map's page has the place and the name; a phone dials the digits before the extension.
    #[test]
    fn a_station_is_found_on_the_map_and_called() {
        let mut typed = Typed::default();
        for (field, value) in [
            ("name", "示例站&1"),
            ("district", "历下区"),
            ("address", "示例路 1 号"),
            ("hours", "9:00—17:00"),
            ("helps", "咨询"),
            ("phone", "0531-81234567 转 8"),
            ("at", "117.12,36.65"),
        ] {
            typed.set(field, value);
        }
        let v = view(check(&typed).unwrap());
        assert_eq!(v.dial, "053181234567");
        assert_eq!((v.lat.as_str(), v.lng.as_str()), ("36.650000", "117.120000"));
        let url = url::Url::parse(&v.map).unwrap();
        let query: Vec<_> = url.query_pairs().collect();
        assert!(
            query
                .iter()
                .any(|(k, v)| k == "position" && v == "117.120000,36.650000")
        );
        assert!(query.iter().any(|(k, v)| k == "name" && v == "示例站&1"));
        typed.set("at", "");
        let v = view(check(&typed).unwrap());
        assert!(v.map.starts_with("https://uri.amap.com/search?keyword=") && v.lat.is_empty());
    }
}
