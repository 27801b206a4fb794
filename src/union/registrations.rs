//! A union registers itself with its first officer, by an invitation of the union above it.

use super::invitations::{Guest, Invitation};
use super::{Kind, invitations, officers, passwords, store, tree};
use crate::account::{self, sms_code};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{FieldErrors, Phone, Refusal, Time, text};
use crate::outbox;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The outbox job of what happened among unions; its payload is `{"what": What, "id"}`.
pub const UNION_JOB: &str = "union_event";

crate::text_enum! {
    /// What happened, for [`UNION_JOB`].
    pub enum What {
        /// A registration waits; the id is its.
        Filed = "registration_filed",
        /// A registration was decided; the id is its.
        Decided = "registration_decided",
        /// An officer was added by phone; the id is theirs.
        OfficerAdded = "officer_added",
        /// An officer's password was taken back; the id is theirs.
        PasswordVoided = "password_voided",
        /// Open applications came to a union because the tree changed; the id is the union's.
        WorkArrived = "work_arrived",
    }
}

crate::text_enum! {
    /// Where a registration stands.
    pub enum State { Pending = "pending", Approved = "approved", Rejected = "rejected" }
}

impl State {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            State::Pending => "待审核",
            State::Approved => "已通过",
            State::Rejected => "未通过",
        }
    }
}

pub(super) const DETAILS: &str = "unions.details";
const PHONE: &str = "registrations.phone";

/// How a union is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// 联系人.
    pub contact: String,
    /// 地址.
    pub address: String,
    /// 联系电话, a landline or mobile number.
    pub phone: String,
}

impl Details {
    /// Opens what [`Registration`] or a union keeps sealed.
    pub(super) fn open(app: &App, sealed: &str) -> Result<Details> {
        let json = app.sealer.open_text(DETAILS, sealed)?;
        Ok(serde_json::from_str(&json).map_err(anyhow::Error::from)?)
    }
}

/// A registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Id.
    pub id: String,
    /// The invitation it came by.
    pub invitation_id: String,
    /// The union above, who decides.
    pub parent_id: String,
    /// Its name.
    pub parent: String,
    /// What registers.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Name of the first officer.
    pub officer_name: String,
    /// The WeChat that scanned the QR code.
    pub openid: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Why it was rejected.
    pub reason: String,
    /// "union officer" who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Time>,
    /// The union that it became.
    pub union_id: Option<String>,
    /// When it was filed.
    pub created_at: Time,
    pub(super) parent_path: String,
    pub(super) details_sealed: String,
    pub(super) phone_sealed: String,
    pub(super) password_hash: String,
}

impl Registration {
    /// How the union is reached.
    pub fn details(&self, app: &App) -> Result<Details> {
        Details::open(app, &self.details_sealed)
    }

    /// The first officer's phone.
    pub fn phone(&self, app: &App) -> Result<Phone> {
        Ok(Phone::stored(app.sealer.open_text(PHONE, &self.phone_sealed)?))
    }
}

/// What is typed on the registration page.
#[derive(Debug, Clone, Default)]
pub struct Typed<'a> {
    /// The union's name, as on its seal.
    pub name: &'a str,
    /// 联系人.
    pub contact: &'a str,
    /// 地址.
    pub address: &'a str,
    /// 工会联系电话.
    pub office_phone: &'a str,
    /// The first officer's name.
    pub officer_name: &'a str,
    /// The first officer's phone, to be proven.
    pub phone: &'a str,
    /// The code sent to it.
    pub code: &'a str,
    /// Password.
    pub password: &'a str,
    /// Once more.
    pub again: &'a str,
}

struct Checked {
    name: String,
    details: Details,
    officer_name: String,
    phone: Phone,
}

fn check(app: &App, typed: &Typed<'_>) -> Result<Checked, FieldErrors> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(typed.name, 4, 40));
    let contact = errors.take("contact", text::line(typed.contact, 2, 30));
    let address = errors.take("address", text::line(typed.address, 5, 80));
    let office_phone = errors.take("office_phone", contact_phone(typed.office_phone));
    let officer_name = errors.take("officer_name", text::line(typed.officer_name, 2, 30));
    let phone = match typed.phone.trim() {
        "" => Err(Refusal::Empty),
        phone => Phone::parse(phone, &app.config.virtual_segments),
    };
    let phone = errors.take("phone", phone);
    if typed.code.trim().is_empty() {
        errors.0.push(("code", Refusal::Empty));
    }
    passwords::check_twice(&mut errors, typed.password, typed.again, phone.as_ref());
    let (Some(name), Some(contact), Some(address)) = (name, contact, address) else {
        return Err(errors);
    };
    let (Some(office), Some(officer_name), Some(phone), true) =
        (office_phone, officer_name, phone, errors.is_empty())
    else {
        return Err(errors);
    };
    let details = Details {
        contact,
        address,
        phone: office,
    };
    Ok(Checked {
        name,
        details,
        officer_name,
        phone,
    })
}

/// A landline with its area code, or a mobile number: 7 to 12 digits.
fn contact_phone(typed: &str) -> Result<String, Refusal> {
    let text = text::clean(typed);
    let digits = text::digits(&text).len();
    match text.is_empty() {
        true => Err(Refusal::Empty),
        false
            if text::has_letters(&text.replace('转', ""))
                || !(7..=16).contains(&digits)
                || text.chars().count() > 24 =>
        {
            Err(Refusal::ContactPhoneMalformed)
        }
        false => Ok(text),
    }
}

/// Files a registration; it waits for the union above. Gives its id.
///
/// Errors: every wrong field at once, the SMS code last; [`Refusal::UnionNameTaken`] at `name`;
/// [`Refusal::OfficerPhoneTaken`] and [`Refusal::OfficerPhoneWaits`] at `phone`, told only to who has the code; the
/// invitation's end ([`Invitation::open`]).
pub async fn file(app: &App, guest: &Guest, typed: &Typed<'_>) -> Result<String> {
    let invitation = &guest.invitation;
    let result = file_checked(app, guest, typed).await;
    let refused = match &result {
        Err(Error::Refused(refusal)) => Some(refusal),
        Err(Error::Invalid(fields)) => fields.0.first().map(|(_, refusal)| refusal),
        _ => None,
    };
    if let Some(refusal) = refused {
        invitations::turned_away(app, invitation, refusal).await?;
    }
    result
}

async fn file_checked(app: &App, guest: &Guest, typed: &Typed<'_>) -> Result<String> {
    let invitation = &guest.invitation;
    invitation.open(app.now())?;
    let checked = check(app, typed)?;
    name_is_free(app, invitation, &checked.name).await?;
    passwords::at_field("code", sms_code::check(app, &checked.phone, typed.code).await)?;
    if officers::by_phone(app, &checked.phone).await?.is_some() {
        return Err(FieldErrors::one("phone", Refusal::OfficerPhoneTaken).into());
    }
    let hash = account::passwords::hash(app, typed.password).await?;
    write(app, guest, &checked, &hash).await
}

/// Looked at before the code too: a name to be mended does not use it up.
async fn name_is_free(app: &App, invitation: &Invitation, name: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    let taken = store::name_is_refused(&mut tx, &invitation.union.id, name, invitation.kind).await?;
    tx.commit().await?;
    if taken {
        return Err(FieldErrors::one("name", Refusal::UnionNameTaken).into());
    }
    Ok(())
}

async fn write(app: &App, guest: &Guest, checked: &Checked, password_hash: &str) -> Result<String> {
    let invitation = &guest.invitation;
    let details = serde_json::to_string(&checked.details).map_err(anyhow::Error::from)?;
    let (id, now) = (app.id(), app.now());
    let row = store::NewRegistration {
        id: &id,
        invitation_id: &invitation.id,
        parent_id: &invitation.union.id,
        kind: invitation.kind,
        name: &checked.name,
        details_sealed: &app.seal(DETAILS, &details),
        officer_name: &checked.officer_name,
        phone_sealed: &app.seal(PHONE, checked.phone.digits()),
        phone_index: &app.phone_index(&checked.phone),
        password_hash,
        openid: guest.openid.as_deref(),
        now,
    };
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    if !store::use_invitation(&mut tx, &invitation.id, now).await? {
        drop(tx);
        return Err(closed(app, &invitation.id).await?);
    }
    if store::name_is_refused(&mut tx, &invitation.union.id, &checked.name, invitation.kind).await? {
        return Err(FieldErrors::one("name", Refusal::UnionNameTaken).into());
    }
    match store::insert_registration(&mut tx, &row).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("phone", Refusal::OfficerPhoneWaits).into());
        }
        other => other?,
    }
    let line = Line {
        actor: &Actor::System,
        act: "registration.file",
        subject: ("registration", &id),
        detail: json!({ "invitation": invitation.id, "parent": invitation.union.id, "kind": invitation.kind }),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    enqueue(app, &mut tx, What::Filed, &id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Why an invitation that held a moment ago holds no more.
async fn closed(app: &App, id: &str) -> Result<Error> {
    let invitation = store::invitation(app, id).await?;
    let refusal = invitation.and_then(|invitation| invitation.open(app.now()).err());
    Ok(refusal.unwrap_or(Refusal::InvitationUsedUp).into())
}

/// Puts the job in line that tells people.
pub async fn enqueue(app: &App, tx: &mut crate::db::Tx, what: What, id: &str) -> Result<()> {
    let payload = json!({ "what": what, "id": id });
    Ok(outbox::enqueue(tx, &app.id(), UNION_JOB, &payload, app.now(), None).await?)
}

/// A registration by its id, whoever asks; for the messages about it.
pub async fn find(app: &App, id: &str) -> Result<Registration> {
    store::registration(app, id).await?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unions_phone_may_be_a_landline() {
        for good in [
            "0531-85826289",
            "85826289",
            "13900139001",
            "0531 85826289 转 8001",
        ] {
            assert_eq!(contact_phone(good).as_deref(), Ok(good));
        }
        assert_eq!(contact_phone(" "), Err(Refusal::Empty));
        for bad in ["123456", "abc85826289", "8582628985826289858262898582"] {
            assert_eq!(contact_phone(bad), Err(Refusal::ContactPhoneMalformed), "{bad}");
        }
    }
}
