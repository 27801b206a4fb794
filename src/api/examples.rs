//! An example of everything in the OpenAPI document; a test holds them against their schemas.

use serde_json::{Value, json};

/// An id.
pub const ID: &str = "019aa7c25d5e7d3f8a1b2c3d4e5f6071";
const UNION: &str = "019aa7c25d5e7d3f8a1b2c3d4e5f6072";
const TOKEN: &str = "kX2v9Qm4Zr7TbY1cLw8NpE5sUj3HfGd0";
const TIME: &str = "2026-11-10T09:32:00+08:00";

/// The example of a schema.
pub fn of(schema: &str) -> Option<Value> {
    let example = before(schema).or_else(|| application(schema));
    example.or_else(|| after(schema)).map(without_nulls)
}

/// What is not there is left out of an answer.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let there = map.into_iter().filter(|(_, inner)| !inner.is_null());
            Value::Object(there.map(|(name, inner)| (name, without_nulls(inner))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn me() -> Value {
    json!({ "id": ID, "name": "王小梅", "employer": "济南示范机械有限公司", "phone": "138****8001",
            "study_plan": false, "wechat_bound": true })
}

fn opened() -> Value {
    json!({ "token": TOKEN, "idle_s": 604_800, "worker": me() })
}

fn places() -> Value {
    json!({ "total": 3245, "left": 1208 })
}

fn union() -> Value {
    json!({ "id": UNION, "name": "长清区总工会", "kind": "unit" })
}

fn intake() -> Value {
    json!({
        "id": ID, "label": "2026年秋季批次", "year": 2026, "season": "autumn",
        "apply": { "from": "2026-11-05T00:00:00+08:00", "until": "2026-11-30T23:59:59.999+08:00" },
        "review": { "from": "2026-11-05T00:00:00+08:00", "until": "2026-12-07T23:59:59.999+08:00" },
        "closed": null,
    })
}

/// Signing in, the mini-program, the campaign.
fn before(schema: &str) -> Option<Value> {
    Some(match schema {
        "Challenge" => json!({ "challenge": TOKEN }),
        "Point" => json!({ "x": 0, "t": 0 }),
        "Drag" => {
            let track: Vec<Value> = (0..=20).map(|i| json!({ "x": i * 50, "t": i * 20 })).collect();
            json!({ "challenge": TOKEN, "track": track })
        }
        "Pass" => json!({ "pass": TOKEN }),
        "CodeWanted" => json!({ "phone": "13800138001", "pass": TOKEN }),
        "CodeSent" => json!({ "wait_s": 60 }),
        "Proof" | "Binding" => json!({ "phone": "13800138001", "code": "123456" }),
        "ByPassword" => json!({ "phone": "13800138001", "password": "泉城 2026 圆梦" }),
        "Ticket" => json!({ "ticket": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxbGdoLTEifQ.c2lnbmF0dXJl" }),
        "ToProve" => json!({ "key": TOKEN, "phone": "138****8001" }),
        "Arrived" => json!({ "session": opened(), "proof": null }),
        "TicketProof" => json!({ "key": TOKEN, "phone": "13800138001", "code": "123456" }),
        "SignUp" => json!({ "phone": "13800138001", "code": "123456", "name": "王小梅",
                            "employer": "济南示范机械有限公司", "study_plan": false }),
        "Opened" => opened(),
        "Me" => me(),
        "Done" => json!({ "done": true }),
        "Code" => json!({ "code": "0a1Bc2Ga1dE2fG0hIjGa1kLm2N0a1Bc3" }),
        "PhoneProven" => json!({ "phone": "138****8001", "session": opened() }),
        "Joining" => json!({ "name": "王小梅", "employer": "济南示范机械有限公司", "study_plan": false }),
        "Answer" => {
            json!({ "template_id": "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY", "outcome": "accept" })
        }
        "Outcome" => json!("accept"),
        "Span" => json!({ "from": "2026-11-05T00:00:00+08:00", "until": "2026-11-30T23:59:59.999+08:00" }),
        "IntakeView" => intake(),
        "PlacesView" => places(),
        "CampaignView" => json!({ "title": "2026年济南市总工会“求学圆梦行动”", "city_grant_fen": 100_000,
                                  "intake": intake(), "places": places() }),
        "UnionView" => union(),
        "UnionDetail" => {
            json!({ "union": union(), "path": [union()], "below": [], "places": { "total": 90, "left": 12 } })
        }
        "Choice" => json!({ "value": "worker", "label": "一线职工" }),
        "Question" => json!({ "name": "agreed", "label": "单位同意您报读吗？",
                              "choices": [{ "value": "yes", "label": "是" }, { "value": "no", "label": "否" }] }),
        "Answered" => {
            json!({ "work": "jinan", "post": "worker", "level": "大专", "entry": "yes", "agreed": "yes" })
        }
        "Reason" => json!({ "code": "post_too_high", "message": "补助面向一线职工，您的职务超出了范围" }),
        "Eligibility" => json!({ "eligible": true, "reasons": [] }),
        "Named" => json!({ "name": "山东开放大学", "note": "4137051573", "initials": "sdkfdx" }),
        "FieldView" => json!({ "name": "card", "label": "本人工商银行卡号", "choices": [] }),
        _ => return None,
    })
}

fn paper() -> Value {
    json!({ "id": ID, "kind": "receipt", "media_type": "image/jpeg", "bytes": 482_133, "uploaded_at": TIME,
            "out_of_date": false })
}

/// Filling in and papers.
fn application(schema: &str) -> Option<Value> {
    Some(match schema {
        "ApplicationView" => json!({
            "id": ID, "version": 7, "state": "draft", "state_label": "填写中（尚未提交）", "intake": intake(),
            "union": [union()], "form": { "name": "王小梅", "level": "大专" }, "form_version": 1, "printed": true,
            "checked": true, "editable": ["name", "card", "stamped_form"], "union_editable": true, "number": null,
            "submitted_at": null, "updated_at": TIME,
        }),
        "Typed" => json!({ "version": 7, "form": { "name": "王小梅", "card": "6222021602001234568" } }),
        "SavedView" => json!({ "at": TIME, "version": 8, "print_again": false }),
        "UnionChosen" => json!({ "union_id": UNION }),
        "Ticked" => json!({ "filled": true, "printed": true, "stamped": true, "photographed": true }),
        "DocumentView" => paper(),
        "CheckView" => json!({ "check": "report_validity", "label": "学籍报告有效期", "paper": "chsi_report",
                               "outcome": "failed", "text": "报告有效期不足 6 个月", "advice": "请在学信网重新申请" }),
        "OutcomeView" => json!("passed"),
        "HandoffBegun" => json!({ "token": TOKEN, "until": TIME,
                                  "link": format!("https://zgjy.example.org.cn/apply/handoff/{TOKEN}") }),
        "HandoffState" => json!({ "phone": "waiting" }),
        "PhoneState" => json!("waiting"),
        "HandoffToken" => json!({ "token": TOKEN }),
        "HandoffOpened" => json!({ "token": TOKEN, "until": TIME }),
        "HandoffPaper" => {
            json!({ "kind": "receipt", "label": "学费缴费凭证", "hint": "能看清姓名、金额和日期",
                                  "uploaded": false })
        }
        "NeededView" => json!({ "kind": "receipt", "label": "学费缴费凭证", "hint": "能看清姓名、金额和日期",
                                "editable": true, "document": paper() }),
        _ => return None,
    })
}

/// Submission and errors.
fn after(schema: &str) -> Option<Value> {
    Some(match schema {
        "Obstacle" => json!({ "code": "card_checksum", "message": "银行卡号校验不通过，请对照银行卡逐位核对",
                              "field": "card", "field_label": "本人工商银行卡号" }),
        "Readiness" => json!({ "ready": true, "obstacles": [] }),
        "Submitted" => json!({ "number": "7K3M-9PXW", "holds_place": true }),
        "StateView" => json!({ "state": "in_review", "state_label": "审核中" }),
        "StepStateView" => json!("current"),
        "StepView" => json!({ "union": "长清区总工会", "state": "current" }),
        "EventView" => {
            json!({ "at": TIME, "event": "submitted", "label": "提交成功，已占用名额", "by": null, "note": "" })
        }
        "CorrectionView" => json!({ "reason": "缴费凭证看不清金额", "items": ["receipt"],
                                    "until": "2026-12-07T23:59:59.999+08:00" }),
        "Stamped" => json!({ "stamp": "7-0" }),
        "ProgressView" => json!({
            "stamp": "7-0", "state": "in_review", "state_label": "审核中", "since": TIME, "number": "7K3M-9PXW", "holds_place": true,
            "unit": "长清区总工会", "waiting_position": null, "holder": "长清区总工会", "can_recall": true,
            "steps": [{ "union": "长清区总工会", "state": "current" }],
            "timeline": [{ "at": TIME, "event": "submitted", "label": "提交成功，已占用名额", "by": null, "note": "" }],
            "correction": null,
        }),
        "Problem" => problem("422"),
        "ProblemBody" => problem("422")["error"].clone(),
        _ => return None,
    })
}

/// An example of the error with a status.
pub fn problem(status: &str) -> Value {
    let (code, message) = match status {
        "400" => ("malformed_request", "提交的内容不是约定的格式"),
        "401" => ("sign_in", "登录已过期，请重新登录，已填写的内容会为您保留"),
        "403" => ("mini_only", "请在小程序中办理此事"),
        "404" => ("not_found", "没有找到，或者您没有查看的权限"),
        "409" => (
            "changed_meanwhile",
            "这份申请刚刚有了变化，您看到的不是最新内容。请核对最新内容后再办理",
        ),
        "410" => ("handoff_over", "手机上传已结束或已过期，请在电脑上重新生成二维码"),
        "413" => (
            "file_too_large",
            "文件有 4.2 MB，超过了 3 MB。请压缩或重新拍摄后再上传",
        ),
        "415" => ("unsupported_media_type", "请求的 Content-Type 不对"),
        "429" => ("sms_too_soon", "验证码刚刚发送过，请 42 秒后再试"),
        "500" => ("unavailable", "系统繁忙，请稍后再试，已保存的内容不会丢失"),
        _ => {
            let fields = json!({ "card": "请填写申请人本人的工商银行储蓄卡号，其他银行的卡无法发放补助" });
            let error =
                json!({ "code": "invalid", "message": "填写的内容有误，请按提示修改", "fields": fields });
            return json!({ "error": error });
        }
    };
    json!({ "error": { "code": code, "message": message, "fields": {} } })
}
