//! 求学圆梦服务站: places where workers get help, kept by the city's administrators.

use super::check_publishes;
use super::store::stations as store;
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{Refusal, text};
use crate::union::Officer;
use serde_json::json;

const DISTRICTS: &str = include_str!("../../assets/data/jinan-districts.txt");
/// No more are kept: the list is one page.
pub const MOST: usize = 500;

/// A point on the map in GCJ-02, as China's maps have it, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// 经度.
    pub lng: i64,
    /// 纬度.
    pub lat: i64,
}

/// Where Jinan is, with room around it, in millionths of a degree.
const LNG: std::ops::RangeInclusive<i64> = 116_000_000..=118_000_000;
const LAT: std::ops::RangeInclusive<i64> = 35_900_000..=37_700_000;

impl Point {
    /// Reads "117.120098,36.651216", 经度 first as map pickers give it; exact, without floating point.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        const FORM: &str = "请写成“经度,纬度”，如 117.120098,36.651216";
        let plain = text::plain(typed).replace('，', ",");
        let (lng, lat) = plain.split_once(',').ok_or(FORM)?;
        let point = Point {
            lng: micro(lng).ok_or(FORM)?,
            lat: micro(lat).ok_or(FORM)?,
        };
        match (LNG.contains(&point.lng), LAT.contains(&point.lat)) {
            (true, true) => Ok(point),
            _ if LNG.contains(&point.lat) && LAT.contains(&point.lng) => Err("经度和纬度写反了，经度在前"),
            _ => Err("不在济南市范围内，请核对"),
        }
    }

    /// 经度 in degrees, as programs read it.
    pub fn lng_text(self) -> String {
        degrees(self.lng)
    }

    /// 纬度 in degrees, as programs read it.
    pub fn lat_text(self) -> String {
        degrees(self.lat)
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{}", self.lng_text(), self.lat_text())
    }
}

fn micro(typed: &str) -> Option<i64> {
    let (whole, part) = typed.trim().split_once('.').unwrap_or((typed.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    format!("{whole}{part}").parse().ok()
}

fn degrees(micro: i64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// A station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Id.
    pub id: String,
    /// Name, unique.
    pub name: String,
    /// One of [`districts`].
    pub district: String,
    /// Where it is.
    pub address: String,
    /// When it is open.
    pub hours: String,
    /// Its phone; empty for the hotline.
    pub phone: String,
    /// What it helps with.
    pub helps: String,
    /// Where it is on the map.
    pub at: Option<Point>,
    /// Order within the district, small first.
    pub place: i64,
    /// Closed for a while, as [`Self::note`] says.
    pub paused: bool,
    /// What else to know.
    pub note: String,
    /// 示例.
    pub sample: bool,
    /// For who changes what was seen.
    pub version: i64,
}

/// Jinan's districts and counties.
pub fn districts() -> impl Iterator<Item = &'static str> {
    DISTRICTS
        .lines()
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "济南市以外")
}

/// Name, heading and whether it is needed, of each field: the form's and the table's.
pub const FIELDS: &[(&str, &str, bool)] = &[
    ("name", "名称", true),
    ("district", "区县", true),
    ("address", "地址", true),
    ("hours", "服务时间", true),
    ("phone", "电话", false),
    ("helps", "服务内容", true),
    ("at", "坐标", false),
    ("place", "排序", false),
    ("paused", "暂停服务", false),
    ("note", "说明", false),
];

/// A station as it is typed or stands in a table, in the order of [`FIELDS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed([String; 10]);

impl Typed {
    /// A field; empty for none of that name.
    pub fn get(&self, field: &str) -> &str {
        place_of(field)
            .and_then(|at| self.0.get(at))
            .map_or("", String::as_str)
    }

    /// Sets a field; of no other name.
    pub fn set(&mut self, field: &str, value: &str) {
        if let Some(place) = place_of(field).and_then(|at| self.0.get_mut(at)) {
            value.clone_into(place);
        }
    }

    /// What stands, as it would be typed.
    pub fn of(station: &Station) -> Self {
        let at = station.at.map_or_else(String::new, |at| at.to_string());
        Typed([
            station.name.clone(),
            station.district.clone(),
            station.address.clone(),
            station.hours.clone(),
            station.phone.clone(),
            station.helps.clone(),
            at,
            station.place.to_string(),
            if station.paused { "是" } else { "否" }.to_owned(),
            station.note.clone(),
        ])
    }
}

fn place_of(field: &str) -> Option<usize> {
    FIELDS.iter().position(|(name, ..)| *name == field)
}

/// What is wrong with a station, by field, in words.
pub type Problems = Vec<(&'static str, String)>;

/// A station from what was typed, with neither id nor version; or all that is wrong.
pub fn check(typed: &Typed) -> Result<Station, Problems> {
    let mut problems = Vec::new();
    let mut line = |field, min, max| match text::line(typed.get(field), min, max) {
        Ok(line) => line,
        Err(Refusal::Empty) if min == 0 => String::new(),
        Err(refusal) => {
            problems.push((field, refusal.text()));
            String::new()
        }
    };
    let mut station = Station {
        id: String::new(),
        name: line("name", 2, 40),
        district: line("district", 2, 20),
        address: line("address", 4, 80),
        hours: line("hours", 2, 80),
        phone: String::new(),
        helps: line("helps", 2, 200),
        at: None,
        place: 0,
        paused: matches!(typed.get("paused").trim(), "是" | "on" | "1"),
        note: line("note", 0, 100),
        sample: false,
        version: 0,
    };
    if !station.district.is_empty() && !districts().any(|name| name == station.district) {
        problems.push(("district", "请选择济南市的区县".to_owned()));
    }
    match phone(typed.get("phone")) {
        Ok(phone) => station.phone = phone,
        Err(problem) => problems.push(("phone", problem.to_owned())),
    }
    if !typed.get("at").trim().is_empty() {
        match Point::parse(typed.get("at")) {
            Ok(at) => station.at = Some(at),
            Err(problem) => problems.push(("at", problem.to_owned())),
        }
    }
    match typed.get("place").trim() {
        "" => {}
        place => match place.parse() {
            Ok(place @ 0..=999) => station.place = place,
            _ => problems.push(("place", "请填 0 至 999 的整数".to_owned())),
        },
    }
    if station.paused && station.note.is_empty() {
        problems.push(("note", "暂停服务时，请写明原因和恢复时间".to_owned()));
    }
    if problems.is_empty() {
        Ok(station)
    } else {
        Err(problems)
    }
}

/// A phone of an office: digits with "-", blanks and 转; empty for the hotline.
fn phone(typed: &str) -> Result<String, &'static str> {
    let plain = text::plain(typed);
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let fits = plain
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '转' | '(' | ')'));
    match digits {
        0 if plain.is_empty() => Ok(plain),
        7..=18 if fits => Ok(plain),
        _ => Err("请填写座机或手机号，如 0531-81234567；没有可不填"),
    }
}

/// All stations, by district in the city's order, then by their own.
pub async fn all(app: &App) -> Result<Vec<Station>> {
    let mut all = store::all(app).await?;
    let order: Vec<&str> = districts().collect();
    let place = |station: &Station| order.iter().position(|name| *name == station.district);
    all.sort_by(|a, b| {
        (place(a), a.place)
            .cmp(&(place(b), b.place))
            .then_with(|| a.name.cmp(&b.name))
    });
    Ok(all)
}

/// One of them.
pub async fn find(app: &App, id: &str) -> Result<Station> {
    store::find(app, id).await?.ok_or(Error::NotFound)
}

/// Adds a station, or changes the one that was seen in a version; gives its id, or what is wrong.
///
/// Errors: [`Refusal::NotAllowed`], [`Error::NotFound`], [`Refusal::ChangedMeanwhile`].
pub async fn save(
    app: &App,
    by: &Officer,
    seen: Option<(&str, i64)>,
    typed: &Typed,
) -> Result<Result<String, Problems>> {
    check_publishes(app, by).await?;
    let standing = match seen {
        Some((id, version)) => Some(find(app, id).await?).filter(|s| s.version == version),
        None => None,
    };
    if seen.is_some() && standing.is_none() {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let station = match check(typed) {
        Ok(station) => station,
        Err(problems) => return Ok(Err(problems)),
    };
    let same_name = store::by_name(app, &station.name).await?;
    if same_name.is_some_and(|other| standing.as_ref().is_none_or(|s| s.id != other.id)) {
        return Ok(Err(vec![("name", "已有同名的服务站".to_owned())]));
    }
    if standing.is_none() && store::all(app).await?.len() >= MOST {
        let most = Refusal::TooManyKept { most: MOST };
        return Ok(Err(vec![("name", most.text())]));
    }
    let mut tx = app.db.write().await?;
    let id = write(app, &mut tx, &by.actor(), station, standing.as_ref()).await?;
    tx.commit().await?;
    Ok(Ok(id))
}

/// Writes a checked station over the one that stands, or anew, within the caller's transaction.
pub(super) async fn write(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    mut station: Station,
    standing: Option<&Station>,
) -> Result<String> {
    let (act, written) = match standing {
        None => {
            station.id = app.id();
            ("station.add", store::insert(tx, &station, app.now()).await)
        }
        Some(standing) => {
            station.id.clone_from(&standing.id);
            station.version = standing.version;
            let there = store::update(tx, &station, app.now()).await;
            if matches!(there, Ok(false)) {
                return Err(Refusal::ChangedMeanwhile.into());
            }
            ("station.change", there.map(drop))
        }
    };
    match written {
        // Another officer gave the name away at this moment.
        Err(error) if is_unique_violation(&error) => return Err(Refusal::ChangedMeanwhile.into()),
        other => other?,
    }
    note(app, tx, by, act, &station).await?;
    Ok(station.id)
}

/// Removes the station that was seen in a version.
///
/// Errors: [`Refusal::NotAllowed`], [`Error::NotFound`], [`Refusal::ChangedMeanwhile`].
pub async fn remove(app: &App, by: &Officer, id: &str, version: i64) -> Result<()> {
    check_publishes(app, by).await?;
    let station = find(app, id).await?;
    let mut tx = app.db.write().await?;
    if !store::delete(&mut tx, id, version).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    note(app, &mut tx, &by.actor(), "station.remove", &station).await?;
    tx.commit().await?;
    Ok(())
}

async fn note(app: &App, tx: &mut Tx, by: &Actor, act: &str, station: &Station) -> Result<()> {
    let line = Line {
        actor: by,
        act,
        subject: ("station", &station.id),
        detail: json!({ "name": station.name, "paused": station.paused }),
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

#[cfg(test)]
#[path = "stations_tests.rs"]
mod tests;
