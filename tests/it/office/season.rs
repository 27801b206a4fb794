//! Applications by the thousand for lists and plans, written as rows: what the inbox reads of them is all there.

use yuanmeng::app::App;
use yuanmeng::campaign;
use yuanmeng::db::Kind;
use yuanmeng::kernel::time::DAY;
use yuanmeng::union::tree;

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何",
    "郭", "马", "罗",
];
const GIVEN: &[&str] = &[
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超",
    "秀英", "霞", "平", "刚", "桂英", "建国", "小梅", "玉兰", "志强", "海燕", "春梅", "建军", "文静",
];
const STATES: &[(&str, i64)] = &[
    ("in_review", 0),
    ("in_review", 1),
    ("in_review", 2),
    ("approved", 2),
    ("approved", 2),
    ("returned", 0),
    ("waitlisted", 0),
    ("rejected", 1),
    ("withdrawn", 0),
    ("recalled", 0),
];
const LETTERS: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The n-th number of its kind: spread over the range, the same in every run.
fn spread(n: usize, range: usize) -> usize {
    let mixed = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23) ^ (n as u64 >> 3);
    (mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 33) as usize % range
}

fn number(n: usize) -> String {
    let letter = |i: usize| LETTERS[spread(n * 8 + i, LETTERS.len())] as char;
    let text: String = (0..8).map(letter).collect();
    format!("{}-{}", &text[..4], &text[4..])
}

/// Fills the tree's lowest unions with so many submitted applications, of one worker without a phone each.
pub async fn fill(app: &App, count: usize) {
    let intakes = campaign::intakes(app).await.unwrap();
    let mut lowest = Vec::new();
    for unit in tree::choices(app, None).await.unwrap() {
        match tree::choices(app, Some(&unit.id)).await.unwrap() {
            streets if streets.is_empty() => lowest.push(unit),
            streets => lowest.extend(streets),
        }
    }
    let mut places = Vec::new();
    for union in &lowest {
        let unit = tree::unit_of(app, union).await.unwrap();
        let chain = tree::review_chain(app, &union.id).await.unwrap();
        places.push((union.id.clone(), unit.id, chain));
    }
    let mut done = 0;
    while done < count {
        let mut tx = app.db.write().await.unwrap();
        for n in done..count.min(done + 5000) {
            let (union, unit, chain) = &places[spread(n, places.len())];
            let (state, step) = STATES[spread(n * 7 + 1, STATES.len())];
            let step = (step as usize).min(chain.len() - 1);
            let holder = (state == "in_review").then(|| chain[step].id.as_str());
            let name = format!("{}{}", SURNAMES[spread(n * 3, 20)], GIVEN[spread(n * 5 + 2, 30)]);
            let submitted = app.now().0 - (count - n) as i64 * (20 * DAY / count as i64);
            let since = submitted + (app.now().0 - submitted) / 3;
            let (id, number) = (format!("season-{n:07}"), number(n));
            sqlx::query(
                "INSERT INTO workers (id, name, employer, phone_sealed, phone_index, study_plan, created_at, updated_at) \
                 VALUES ($1, $2, '', '', $1, 0, 0, 0)",
            )
            .bind(&id)
            .bind(&name)
            .execute(&mut *tx)
            .await
            .unwrap();
            sqlx::query(
                "INSERT INTO applications (id, worker_id, intake_id, campaign_id, union_id, unit_id, state, step, holder_id, since, \
                 number, seq, submitted_at, applicant, level, institution, form_sealed, form_version, printed_version, \
                 checked_version, version, created_at, updated_at, returns, flagged, checked_at) VALUES ($1, $1, $2, $3, $4, $5, $6, $7, $8, \
                 $9, $10, $11, $12, $13, $14, '山东开放大学', $15, 1, 1, 1, 3, $12, $9, $16, $17, $12)",
            )
            .bind(&id)
            .bind(&intakes[spread(n * 11, intakes.len())].id)
            .bind(&intakes[0].campaign_id)
            .bind(union)
            .bind(unit)
            .bind(state)
            .bind(step as i64)
            .bind(holder)
            .bind(since)
            .bind(&number)
            .bind(n as i64)
            .bind(submitted)
            .bind(&name)
            .bind(["大专", "本科", "硕士", "博士"][spread(n * 13, 7) % 4])
            .bind("v1.k.".to_owned() + &"x".repeat(1300))
            .bind(i64::from(spread(n * 17, 6) == 0))
            .bind(i64::from(spread(n * 19, 12) == 0))
            .execute(&mut *tx)
            .await
            .unwrap();
            keys(&mut tx, &id, &name, &number.replace('-', "").to_lowercase()).await;
        }
        tx.commit().await.unwrap();
        done += 5000;
    }
    analyze(app).await;
}

async fn keys(tx: &mut yuanmeng::db::Tx, id: &str, name: &str, number: &str) {
    let (name, number): (Vec<char>, Vec<char>) = (name.chars().collect(), number.chars().collect());
    let names = (0..name.len()).map(|at| name[at..].iter().collect::<String>());
    let numbers = (0..number.len() - 1).map(|at| number[at..].iter().collect::<String>());
    let keys: std::collections::BTreeSet<String> = names.chain(numbers).collect();
    let marks: Vec<String> = (0..keys.len()).map(|n| format!("($1, ${})", n + 2)).collect();
    let sql = format!(
        "INSERT INTO application_keys (application_id, key) VALUES {}",
        marks.join(", ")
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_owned());
    let query = keys.into_iter().fold(query, |query, key| query.bind(key));
    query.execute(&mut **tx).await.unwrap();
}

/// What autovacuum does by itself in production: the planner's figures, and which pages need no second look.
async fn analyze(app: &App) {
    if app.db.kind() == Kind::Postgres {
        for table in ["applications", "application_keys", "workers", "unions"] {
            let sql = format!("VACUUM ANALYZE {table}");
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(app.db.read())
                .await
                .unwrap();
        }
    }
}
