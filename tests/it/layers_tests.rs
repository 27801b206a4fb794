//! Planted breaches are found, and what is allowed is left alone: a check that cannot fail checks nothing.

use super::*;

fn check(path: &str, text: &str) -> Vec<String> {
    breaches(&[(path.into(), text.into())])
        .iter()
        .map(Breach::to_string)
        .collect()
}

#[track_caller]
fn caught(path: &str, text: &str, what: &str) {
    let found = check(path, text);
    assert!(
        found.len() == 1 && found[0].contains(what),
        "{path} with {text:?} gives {found:?}, not {what}"
    );
}

#[track_caller]
fn fine(path: &str, text: &str) {
    assert_eq!(check(path, text), Vec::<String>::new(), "{path} with {text:?}");
}

#[test]
fn doors_never_import_each_other_but_the_command_line_opens_them() {
    caught(
        "src/web/mod.rs",
        "use crate::api::Docs;",
        "`web` may not import `api::Docs`",
    );
    caught(
        "src/web/office/queue.rs",
        "use super::super::super::cli;",
        "`web` may not import `cli`",
    );
    caught(
        "src/api/mod.rs",
        "fn f() { crate::web::session::get(); }",
        "`api` may not import `web::session::get`",
    );
    caught(
        "src/background.rs",
        "use crate::{app::App, web};",
        "`background` may not import `web`",
    );
    caught(
        "src/web/mod.rs",
        "use crate::sim::Phone;",
        "`web` may not import `sim::Phone`",
    );
    fine(
        "src/cli/serve.rs",
        "use crate::{api, background, sim, web, review::decide}; use poem::Server;",
    );
    fine(
        "src/background.rs",
        "use crate::{notice::deliver, outbox::Outbox, app::App, wechat::Client};",
    );
}

#[test]
fn doors_hold_no_sql() {
    caught(
        "src/web/mod.rs",
        "fn f() { g(\"SELECT id FROM worker\"); }",
        "an SQL text",
    );
    caught(
        "src/cli/migrate.rs",
        "fn f() { g(r#\"update t\n set x = 1\"#); }",
        "an SQL text",
    );
    caught("src/api/mod.rs", "use sqlx::Row;", "sqlx in a door");
    caught(
        "src/background.rs",
        "async fn f() { q.execute(&db).await; }",
        ".execute( in a door",
    );
    fine(
        "src/web/mod.rs",
        "/// SELECT x FROM y\nfn f() { g(\"please select one from the list: 请选择\"); }",
    );
    fine(
        "src/web/mod.rs",
        "#[cfg(test)]\nmod tests { fn f() { g(\"DELETE FROM t\"); } }",
    );
}

#[test]
fn capabilities_use_only_those_before_them() {
    caught(
        "src/account/mod.rs",
        "use crate::union::Union;",
        "`account` may not import `union::Union`",
    );
    caught(
        "src/application/submit.rs",
        "use crate::review::next;",
        "`application` may not import `review::next`",
    );
    caught(
        "src/payout/batch.rs",
        "use crate::notice::send;",
        "`payout` may not import `notice::send`",
    );
    caught(
        "src/supervision/mod.rs",
        "use crate::notice::Event;",
        "`supervision` may not import `notice::Event`",
    );
    caught(
        "src/review/decide.rs",
        "use crate::web::Page;",
        "`review` may not import `web::Page`",
    );
    fine(
        "src/review/decide.rs",
        "use crate::{account::Worker, application::Form, app::App, outbox, kernel::id, review};",
    );
    fine("src/supervision/mod.rs", "use crate::content::Policy;");
}

#[test]
fn sql_of_a_capability_stands_in_its_store() {
    caught("src/review/decide.rs", "use sqlx::query_as;", "an sqlx query");
    caught(
        "src/review/decide.rs",
        "fn f() { sqlx::query!(x); }",
        "an sqlx query",
    );
    caught(
        "src/union/mod.rs",
        "const Q: &str = \"INSERT INTO unions VALUES ($1)\";",
        "an SQL text",
    );
    caught(
        "src/union/restore.rs",
        "const Q: &str = \"DELETE FROM unions\";",
        "an SQL text",
    );
    caught(
        "src/cache.rs",
        "const Q: &str = \"CREATE TABLE t (x TEXT)\";",
        "an SQL text",
    );
    let text = "use sqlx::query; const Q: &str = \"SELECT id FROM decision ORDER BY id\";";
    for path in [
        "src/review/store.rs",
        "src/review/store/decisions.rs",
        "src/db.rs",
        "src/db/any.rs",
        "src/outbox.rs",
    ] {
        fine(path, text);
    }
    fine(
        "src/review/decide.rs",
        "fn f(e: sqlx::Error, url: Url) -> Option<&str> { url.get() }",
    );
    fine(
        "src/account/sign_in.rs",
        "fn f(url: url::Url) -> Result<(), sqlx::Error> { url.query(); Ok(()) }",
    );
}

#[test]
fn foundations_know_nothing_above_them() {
    caught(
        "src/db.rs",
        "use crate::review::Step;",
        "`db` may not import `review::Step`",
    );
    caught(
        "src/outbox.rs",
        "use crate::app::App;",
        "`outbox` may not import `app::App`",
    );
    caught(
        "src/app.rs",
        "use crate::account::Worker;",
        "`app` may not import `account::Worker`",
    );
    caught(
        "src/kernel/id.rs",
        "use crate::clock::Clock;",
        "`kernel` may not import `clock::Clock`",
    );
    fine(
        "src/kernel/id.rs",
        "use crate::kernel::time; use super::phone::Phone;",
    );
    fine(
        "src/app.rs",
        "use crate::{db::Db, cache, wechat::Client, kernel::time, config::Config};",
    );
    fine("src/files.rs", "use crate::{error::Error, clock, kernel::ids};");
}

#[test]
fn wechat_knows_nothing_of_us_and_the_simulator_only_wechat() {
    caught(
        "src/wechat/client.rs",
        "use crate::kernel::time;",
        "`wechat` may not import `kernel::time`",
    );
    caught(
        "src/wechat/pay/mod.rs",
        "use super::super::super::clock;",
        "`wechat` may not import `clock`",
    );
    caught(
        "src/sim/mod.rs",
        "use crate::account::Worker;",
        "`sim` may not import `account::Worker`",
    );
    caught(
        "src/sim/mod.rs",
        "use crate::kernel::ids;",
        "`sim` may not import `kernel::ids`",
    );
    fine(
        "src/wechat/client.rs",
        "use crate::wechat::error::Error; use super::token;",
    );
    fine(
        "src/sim/phone.rs",
        "use crate::wechat::envelope; use poem::handler;",
    );
}

#[test]
fn poem_is_known_to_the_doors_and_the_simulator_only() {
    caught(
        "src/wechat/message.rs",
        "use poem::Request;",
        "`wechat` may not use poem",
    );
    caught(
        "src/account/session.rs",
        "fn f() -> poem::Result<()> { Ok(()) }",
        "`account` may not use poem",
    );
    caught(
        "src/background.rs",
        "use poem_openapi::Object;",
        "`background` may not use poem",
    );
    fine("src/web/mod.rs", "use poem::Request;");
    fine(
        "src/wechat/client.rs",
        "// as poem::Request\n#[cfg(test)]\nmod tests { use poem::Route; }",
    );
}

#[test]
fn nothing_slips_past_the_table() {
    caught("src/helpers/mod.rs", "fn f() {}", "`helpers` has no row");
    caught("src/lib.rs", "pub mod web; pub use web::Page;", "re-exports");
    caught("src/web/mod.rs", "use crate as root;", "imports the whole crate");
    caught("src/review/mod.rs", "use crate::*;", "imports the whole crate");
    caught("src/main.rs", &"\n".repeat(451), "451 lines");
    caught(
        "src/review/tests.rs",
        "use crate::web::Page;",
        "`review` may not import",
    );
    let files = [
        ("src/review/mod.rs", "#[cfg(test)]\nmod tests;"),
        ("src/review/tests.rs", "use crate::web::Page;"),
    ];
    assert_eq!(
        breaches(&files.map(|(path, text)| (path.to_string(), text.to_string()))),
        []
    );
    fine("src/lib.rs", "pub mod web; mod api;");
    fine("src/main.rs", "fn main() { yuanmeng::cli::run() }");
}
