//! What the simulated WeChat knows: users and their phones, the menu, tokens, codes, QR codes.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::account::USER_PAGE;
use super::chaos::Chaos;
use super::conditional::Conditional;
use super::custom::Windows;
use super::faults::Fault;
use super::incoming::Format;
use super::media::Media;
use super::mini::Mini;
use super::oauth::OAuth;
use super::pay::Pay;
use super::qrcode::QrCodes;
use super::quota::Quotas;
use super::reply::Article;
use super::subscribe::Grants;
use super::tags::Tags;
use super::template::Sent;
use super::ticket::Tickets;
use super::token::Tokens;

/// user, nickname, phone, role, already following.
const PRESETS: [(&str, &str, &str, &str, bool); 4] = [
    ("wang", "王小梅", "13800138001", "职工", false),
    ("zhang", "张敏", "13900139001", "工会管理员", true),
    ("li", "李强", "13900139002", "工会管理员", true),
    ("chen", "陈静", "13900139003", "工会管理员", true),
];

/// The openid of a simulated user: always the same for the same name; `o` and 27 more of `[A-Za-z0-9_-]`.
pub fn openid_of(user: &str) -> String {
    id_of("sim-openid", user)
}

/// The same person's openid towards the mini program: openids are per app.
pub fn mini_openid_of(user: &str) -> String {
    id_of("sim-mini", user)
}

/// The openid a person has while looking at a snapshot: belongs to nobody.
pub(super) fn virtual_openid_of(user: &str) -> String {
    id_of("sim-snapshot", user)
}

/// The same for the official account and the mini program, once both are bound to an open platform.
pub fn unionid_of(user: &str) -> String {
    id_of("sim-union", user)
}

fn id_of(what: &str, user: &str) -> String {
    let digest = Sha256::digest(format!("{what}:{user}").as_bytes());
    let mut openid = format!("o{}", URL_SAFE_NO_PAD.encode(digest));
    openid.truncate(28);
    openid
}

/// Someone with a phone.
pub(super) struct User {
    pub user: String,
    pub openid: String,
    pub nickname: String,
    pub phone: String,
    pub role: String,
    pub following: bool,
    /// Seconds since the epoch; when the user last followed.
    pub subscribed_at: i64,
    /// The scene of the QR code by which the user came, if any.
    pub scene: Option<String>,
    /// As `user/info` tells it (`zh_CN`).
    pub language: String,
    /// Ids of the tags the account gave.
    pub tags: Vec<u32>,
    /// The user looks at pages as a snapshot: OAuth gives a virtual openid.
    pub snapshot: bool,
    pub items: Vec<Item>,
}

impl User {
    pub fn new(user: &str, nickname: &str, phone: &str, role: &str) -> User {
        User {
            user: user.to_owned(),
            openid: openid_of(user),
            nickname: nickname.to_owned(),
            phone: phone.to_owned(),
            role: role.to_owned(),
            following: false,
            subscribed_at: 0,
            scene: None,
            language: "zh_CN".to_owned(),
            tags: Vec::new(),
            snapshot: false,
            items: Vec::new(),
        }
    }

    pub fn view(&self) -> UserView {
        UserView {
            user: self.user.clone(),
            openid: self.openid.clone(),
            nickname: self.nickname.clone(),
            phone: self.phone.clone(),
            role: self.role.clone(),
            following: self.following,
        }
    }
}

/// A user as the control API shows one.
#[derive(Serialize)]
pub(super) struct UserView {
    pub user: String,
    pub openid: String,
    pub nickname: String,
    pub phone: String,
    pub role: String,
    pub following: bool,
}

/// Something a phone shows.
#[derive(Clone, Serialize)]
pub(super) struct Item {
    pub seq: u64,
    /// Milliseconds since the epoch, by the simulator's clock.
    pub at: i64,
    #[serde(flatten)]
    pub body: Body,
}

#[derive(Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Body {
    /// Typed by the user.
    Said {
        text: String,
    },
    /// Sent by the user, other than a text.
    Sent {
        msg_type: &'static str,
        text: String,
        /// The picture's address, the link's.
        url: String,
    },
    /// A reply of the account.
    Text {
        text: String,
    },
    News {
        articles: Vec<Article>,
    },
    Image {
        media_id: String,
        url: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
    },
    /// A card that opens a mini program.
    Mini {
        title: String,
        app_id: String,
        page_path: String,
    },
    /// A question with answers to tap.
    #[serde(rename = "msgmenu")]
    MsgMenu {
        head: String,
        items: Vec<MenuItem>,
        tail: String,
    },
    Template(TemplateCard),
    /// A 订阅通知.
    Subscribe(TemplateCard),
    Sms {
        text: String,
        /// The first run of 4 to 8 digits, which is the code in a code's SMS.
        code: Option<String>,
    },
    /// The account's server did not answer as it must.
    Trouble {
        text: String,
    },
    /// A grey line of WeChat's own.
    Notice {
        text: String,
    },
}

#[derive(Clone, Serialize)]
pub(super) struct MenuItem {
    pub id: String,
    pub content: String,
}

#[derive(Clone, Serialize)]
pub(super) struct TemplateCard {
    pub template_id: String,
    pub title: String,
    pub fields: Vec<CardField>,
    /// Empty when the message opens nothing.
    pub url: String,
    pub msgid: u64,
    pub client_msg_id: Option<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct CardField {
    pub key: String,
    pub label: String,
    pub value: String,
}

/// Counted since the last reset.
#[derive(Default, Serialize, Clone)]
pub(super) struct Stats {
    /// Requests per path of WeChat's and the SMS gateway's, failed ones included.
    pub calls: BTreeMap<String, u64>,
    /// How many template messages each `client_msg_id` made appear: more than 1 is a message sent twice.
    pub templates_by_client_msg_id: BTreeMap<String, u64>,
    pub templates_shown: u64,
    /// Sends answered with an earlier message's `msgid`.
    pub templates_repeated: u64,
    /// Customer-service messages.
    pub custom_shown: u64,
    /// 订阅通知.
    pub subscribe_shown: u64,
    pub sms: u64,
    /// HTTP requests made to the callback, retries included.
    pub callback_attempts: u64,
    /// Callbacks by their end: `reply`, `none`, `trouble`.
    pub callback_outcomes: BTreeMap<String, u64>,
}

pub(super) struct State {
    /// Goes up at each reset: pages that see another one start afresh.
    pub epoch: u64,
    pub seq: u64,
    pub skew_ms: i64,
    pub users: Vec<User>,
    pub menu: Option<Value>,
    /// Conditional menus, oldest first.
    pub conditional: Vec<Conditional>,
    pub tags: Tags,
    pub tokens: Tokens,
    pub tickets: Tickets,
    pub quotas: Quotas,
    /// Customer-service windows by openid.
    pub windows: HashMap<String, Windows>,
    pub media: Media,
    pub grants: Grants,
    pub mini: Mini,
    /// Openids in one answer of `user/get`.
    pub user_page: usize,
    pub format: Format,
    pub chaos: Chaos,
    pub oauth: OAuth,
    pub qrcodes: QrCodes,
    pub sent: HashMap<(String, String), Sent>,
    /// SMS to numbers that nobody has, by number.
    pub stray_sms: HashMap<String, Vec<Item>>,
    pub faults: Vec<Fault>,
    pub stats: Stats,
    pub pay: Pay,
    next_id: u64,
}

impl State {
    pub fn fresh(epoch: u64) -> State {
        let mut state = State {
            epoch,
            seq: 0,
            skew_ms: 0,
            users: Vec::new(),
            menu: None,
            conditional: Vec::new(),
            tags: Tags::default(),
            tokens: Tokens::default(),
            tickets: Tickets::default(),
            quotas: Quotas::default(),
            windows: HashMap::new(),
            media: Media::default(),
            grants: Grants::default(),
            mini: Mini::default(),
            user_page: USER_PAGE,
            format: Format::default(),
            chaos: Chaos::default(),
            oauth: OAuth::default(),
            qrcodes: QrCodes::default(),
            sent: HashMap::new(),
            stray_sms: HashMap::new(),
            faults: Vec::new(),
            stats: Stats::default(),
            pay: Pay::default(),
            // Message ids of a restarted simulator must not repeat those an application still remembers.
            next_id: u64::try_from(Utc::now().timestamp_micros()).unwrap_or_default(),
        };
        let now = state.now_ms() / 1000;
        for (name, nickname, phone, role, following) in PRESETS {
            let mut user = User::new(name, nickname, phone, role);
            user.following = following;
            user.subscribed_at = if following { now } else { 0 };
            state.users.push(user);
        }
        state
    }

    /// The simulator's time, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        Utc::now().timestamp_millis().saturating_add(self.skew_ms)
    }

    /// A number for a message, never given twice.
    pub fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|u| u.user == name)
    }

    pub fn user_mut(&mut self, name: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|u| u.user == name)
    }

    pub fn by_openid(&self, openid: &str) -> Option<&User> {
        self.users.iter().find(|u| u.openid == openid)
    }

    pub fn by_mini_openid(&self, openid: &str) -> Option<&User> {
        self.users.iter().find(|u| mini_openid_of(&u.user) == openid)
    }

    pub fn media_exists(&self, id: &str) -> bool {
        self.media.exists(id, self.now_ms())
    }

    pub fn item(&mut self, body: Body) -> Item {
        self.seq += 1;
        Item {
            seq: self.seq,
            at: self.now_ms(),
            body,
        }
    }

    /// Shows something on the phone of `openid`; a user who is gone since a reset sees nothing.
    pub fn show(&mut self, openid: &str, body: Body) {
        let item = self.item(body);
        if let Some(user) = self.users.iter_mut().find(|u| u.openid == openid) {
            user.items.push(item);
        }
    }
}
