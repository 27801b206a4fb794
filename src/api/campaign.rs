//! What anybody may know: the intake, the unions, who may apply.

use super::Tag;
use super::gate::Ctx;
use super::view::{self, IntakeView, UnionView};
use crate::application::eligibility::{self, BELOW, Said, WORK};
use crate::application::{Level, Post, choices as lists, form};
use crate::campaign::{self, Current, places};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::tree;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

/// The operations.
pub struct CampaignApi;

/// Places.
#[derive(Object)]
struct PlacesView {
    /// In all.
    total: i64,
    /// What is left.
    left: i64,
}

impl From<places::Places> for PlacesView {
    fn from(places: places::Places) -> Self {
        PlacesView {
            total: places.total,
            left: places.left(),
        }
    }
}

/// Today's campaign.
#[derive(Object)]
struct CampaignView {
    /// Its title.
    title: String,
    /// What the city gives to each, in fen.
    city_grant_fen: i64,
    /// The intake that is open, or the next to come.
    intake: IntakeView,
    /// The city's places.
    places: PlacesView,
}

/// A union with what one has to know to choose it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct UnionDetail {
    /// The union.
    union: UnionView,
    /// From the unit down to it.
    path: Vec<UnionView>,
    /// The unions below it; one of them is chosen, or the union itself when none fits.
    below: Vec<UnionView>,
    /// The places of its unit in today's campaign.
    places: Option<PlacesView>,
}

/// A choice of a question or a field.
#[derive(Object)]
struct Choice {
    /// What is sent.
    value: String,
    /// What people read.
    label: String,
}

/// A question.
#[derive(Object)]
struct Question {
    /// The name of its answer.
    name: String,
    /// The question.
    label: String,
    /// What may be answered.
    choices: Vec<Choice>,
}

/// The answers.
#[derive(Object)]
struct Answered {
    /// `jinan`, `migrant` or `no`.
    #[oai(default)]
    work: String,
    /// The own post.
    #[oai(default)]
    post: String,
    /// The level, or `below`.
    #[oai(default)]
    level: String,
    /// `yes` or `no`.
    #[oai(default)]
    entry: String,
    /// `yes` or `no`.
    #[oai(default)]
    agreed: String,
}

/// A reason.
#[derive(Object)]
pub struct Reason {
    /// A stable word for programs.
    pub code: String,
    /// In Chinese.
    pub message: String,
}

impl From<&Refusal> for Reason {
    fn from(refusal: &Refusal) -> Self {
        Reason {
            code: refusal.code().to_owned(),
            message: refusal.text(),
        }
    }
}

/// Whether one may apply.
#[derive(Object)]
struct Eligibility {
    /// Whether nothing stands against it.
    eligible: bool,
    /// What does.
    reasons: Vec<Reason>,
}

/// A field of the form.
#[derive(Object)]
struct FieldView {
    /// Its name.
    name: String,
    /// What people read.
    label: String,
    /// What may be chosen; empty for a field that is typed.
    choices: Vec<Choice>,
}

/// A name to choose, which may be typed as well.
#[derive(Object)]
struct Named {
    /// As 学信网 writes it.
    name: String,
    /// An institution's 学校标识码, a major's levels.
    note: String,
    /// Pinyin initials, for searching.
    initials: String,
}

fn choices(pairs: &[(&str, &str)]) -> Vec<Choice> {
    let choice = |(value, label): &(&str, &str)| Choice {
        value: value.to_string(),
        label: label.to_string(),
    };
    pairs.iter().map(choice).collect()
}

fn posts() -> Vec<Choice> {
    let posts: Vec<_> = Post::ALL
        .iter()
        .map(|post| (post.as_str(), post.label()))
        .collect();
    choices(&posts)
}

fn levels() -> Vec<Choice> {
    let levels: Vec<_> = Level::ALL
        .iter()
        .map(|level| (level.as_str(), level.as_str()))
        .collect();
    choices(&levels)
}

const YES_NO: &[(&str, &str)] = &[("yes", "是"), ("no", "否")];

fn questions(year: i32) -> Vec<Question> {
    let question = |name: &str, label: String, choices: Vec<Choice>| Question {
        name: name.to_owned(),
        label,
        choices,
    };
    let mut levels = levels();
    levels.extend(choices(&[BELOW]));
    vec![
        question("work", "您在哪里工作？".to_owned(), choices(WORK)),
        question("post", "您的职务是？".to_owned(), posts()),
        question("level", "您报读的学历层次是？".to_owned(), levels),
        question("entry", format!("您是 {year} 年新入学的吗？"), choices(YES_NO)),
        question("agreed", "单位同意您报读吗？".to_owned(), choices(YES_NO)),
    ]
}

impl Answered {
    fn said(&self) -> Said<'_> {
        Said {
            work: &self.work,
            post: &self.post,
            level: &self.level,
            entry: &self.entry,
            agreed: &self.agreed,
        }
    }
}

async fn current(ctx: &Ctx) -> Result<Current> {
    campaign::current(&ctx.app).await?.ok_or(Refusal::NoIntake.into())
}

#[OpenApi(tag = "Tag::Campaign")]
impl CampaignApi {
    /// 当前批次
    ///
    /// 申请和审核时间、补助金额、全市名额。
    #[oai(path = "/campaign", method = "get", operation_id = "campaign")]
    async fn campaign(&self, ctx: Ctx) -> Result<Json<CampaignView>> {
        let current = current(&ctx).await?;
        let places = places::of_campaign(&ctx.app, &current.campaign_id).await?;
        Ok(Json(CampaignView {
            title: current.title.clone(),
            city_grant_fen: current.city_grant.0,
            intake: view::intake(&current.intake, ctx.app.now()),
            places: places.into(),
        }))
    }

    /// 工会列表
    ///
    /// 不带 `parent` 时为附件 1 的单位，带时为其下级。按营业执照注册地选择；有独立工会的企业选上级工会。
    #[oai(path = "/unions", method = "get", operation_id = "unions")]
    async fn unions(&self, ctx: Ctx, parent: Query<Option<String>>) -> Result<Json<Vec<UnionView>>> {
        let parent = match parent.0.as_deref().filter(|parent| !parent.is_empty()) {
            Some(parent) => Some(chosen(&ctx, parent).await?.id),
            None => None,
        };
        let unions = tree::choices(&ctx.app, parent.as_deref()).await?;
        Ok(Json(unions.into_iter().map(UnionView::from).collect()))
    }

    /// 工会详情
    ///
    /// 上级、下级，以及所属单位的名额。
    #[oai(path = "/unions/:union_id", method = "get", operation_id = "union")]
    async fn union(&self, ctx: Ctx, union_id: Path<String>) -> Result<Json<UnionDetail>> {
        let app = &ctx.app;
        let union = chosen(&ctx, &union_id).await?;
        let unit = tree::unit_of(app, &union).await?;
        let places = match campaign::current(app).await? {
            Some(current) => places::of_unit(app, &current.campaign_id, &unit.id).await?,
            None => None,
        };
        let below = tree::choices(app, Some(&union.id)).await?;
        Ok(Json(UnionDetail {
            path: view::path_to(app, &union.id).await?,
            below: below.into_iter().map(UnionView::from).collect(),
            places: places.map(PlacesView::from),
            union: union.into(),
        }))
    }

    /// 资格自查的问题
    #[oai(path = "/eligibility", method = "get", operation_id = "questions")]
    async fn questions(&self, ctx: Ctx) -> Result<Json<Vec<Question>>> {
        Ok(Json(questions(current(&ctx).await?.intake.year)))
    }

    /// 资格自查
    ///
    /// 不保存任何内容。
    #[oai(path = "/eligibility", method = "post", operation_id = "judge")]
    async fn judge(&self, ctx: Ctx, answers: Json<Answered>) -> Result<Json<Eligibility>> {
        let answers = answers.said().read()?;
        let against = eligibility::judge(&answers, current(&ctx).await?.intake.year);
        Ok(Json(Eligibility {
            eligible: against.is_empty(),
            reasons: against.iter().map(Reason::from).collect(),
        }))
    }

    /// 申请表的字段
    ///
    /// 按页面顺序：基本信息、单位信息、学历信息。
    #[oai(path = "/form-fields", method = "get", operation_id = "form_fields")]
    async fn form_fields(&self) -> Result<Json<Vec<FieldView>>> {
        let fields = form::FIELDS.iter().map(|(name, label)| FieldView {
            name: name.to_string(),
            label: label.to_string(),
            choices: match *name {
                "post" => posts(),
                "level" => levels(),
                "sex" => choices(&[("女", "女"), ("男", "男")]),
                "migrant" | "degree" => choices(YES_NO),
                _ => Vec::new(),
            },
        });
        Ok(Json(fields.collect()))
    }

    /// 院校和专业的名单
    ///
    /// `field` 为 `institution` 或 `major`。名单里没有的可以直接填写。
    #[oai(
        path = "/form-fields/:field/choices",
        method = "get",
        operation_id = "field_choices"
    )]
    async fn field_choices(&self, field: Path<String>) -> Result<Json<Vec<Named>>> {
        let list = lists::of(&field).ok_or(Error::NotFound)?;
        let named = list.iter().map(|choice| Named {
            name: choice.name.to_owned(),
            note: choice.note.to_owned(),
            initials: choice.initials.to_owned(),
        });
        Ok(Json(named.collect()))
    }
}

/// In a path or a query one that cannot be chosen is not there.
async fn chosen(ctx: &Ctx, id: &str) -> Result<crate::union::Union> {
    match tree::chosen(&ctx.app, super::id(id)?).await {
        Err(Error::Refused(Refusal::UnionUnknown)) => Err(Error::NotFound),
        other => other,
    }
}
