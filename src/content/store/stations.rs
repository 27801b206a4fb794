//! SQL of service stations.

use crate::app::App;
use crate::content::stations::{Point, Station};
use crate::db::Tx;
use crate::kernel::Time;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    district: String,
    address: String,
    hours: String,
    phone: String,
    helps: String,
    lng: Option<i64>,
    lat: Option<i64>,
    place: i64,
    paused: i64,
    note: String,
    sample: i64,
    version: i64,
}

/// The one list of a station's columns; SQL text must be one literal, hence a macro.
macro_rules! select_station {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, district, address, hours, phone, helps, lng, lat, place, paused, note, sample, version ",
            "FROM stations ",
            $rest
        )
    };
}

fn station_of(row: Row) -> Station {
    Station {
        id: row.id,
        name: row.name,
        district: row.district,
        address: row.address,
        hours: row.hours,
        phone: row.phone,
        helps: row.helps,
        at: row.lng.zip(row.lat).map(|(lng, lat)| Point { lng, lat }),
        place: row.place,
        paused: row.paused == 1,
        note: row.note,
        sample: row.sample == 1,
        version: row.version,
    }
}

/// All of them; there are at most [`crate::content::stations::MOST`].
pub async fn all(app: &App) -> sqlx::Result<Vec<Station>> {
    let rows: Vec<Row> = sqlx::query_as(select_station!("ORDER BY name"))
        .fetch_all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(station_of).collect())
}

pub async fn find(app: &App, id: &str) -> sqlx::Result<Option<Station>> {
    let row: Option<Row> = sqlx::query_as(select_station!("WHERE id = $1"))
        .bind(id)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.map(station_of))
}

pub async fn by_name(app: &App, name: &str) -> sqlx::Result<Option<Station>> {
    let row: Option<Row> = sqlx::query_as(select_station!("WHERE name = $1"))
        .bind(name)
        .fetch_optional(app.db.read())
        .await?;
    Ok(row.map(station_of))
}

pub async fn insert(tx: &mut Tx, station: &Station, now: Time) -> sqlx::Result<()> {
    let sql = "INSERT INTO stations (name, district, address, hours, phone, helps, lng, lat, place, paused, note, updated_at, id, \
               sample, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)";
    described(sqlx::query(sql), station)
        .bind(now.0)
        .bind(&station.id)
        .bind(i64::from(station.sample))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether the station was still of the version that was seen. What was 示例 and is changed becomes the city's own.
pub async fn update(tx: &mut Tx, station: &Station, now: Time) -> sqlx::Result<bool> {
    let sql = "UPDATE stations SET name = $1, district = $2, address = $3, hours = $4, phone = $5, helps = $6, lng = $7, lat = $8, \
               place = $9, paused = $10, note = $11, updated_at = $12, sample = 0, version = version + 1 WHERE id = $13 AND version = $14";
    let query = described(sqlx::query(sql), station)
        .bind(now.0)
        .bind(&station.id)
        .bind(station.version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

type Bound<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

/// Binds $1 to $11.
fn described<'q>(query: Bound<'q>, station: &'q Station) -> Bound<'q> {
    let query = query
        .bind(&station.name)
        .bind(&station.district)
        .bind(&station.address)
        .bind(&station.hours);
    let query = query
        .bind(&station.phone)
        .bind(&station.helps)
        .bind(station.at.map(|at| at.lng))
        .bind(station.at.map(|at| at.lat));
    query
        .bind(station.place)
        .bind(i64::from(station.paused))
        .bind(&station.note)
}

pub async fn delete(tx: &mut Tx, id: &str, version: i64) -> sqlx::Result<bool> {
    let query = sqlx::query("DELETE FROM stations WHERE id = $1 AND version = $2")
        .bind(id)
        .bind(version);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}
