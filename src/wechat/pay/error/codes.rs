//! The table of WeChat Pay's error codes.
//!
//! Source: pay.weixin.qq.com/doc/v3/merchant, the codes on the page of each interface and 公共错误码. Some stand in two
//! spellings, by interface and by year.

use super::PayClass::{self, *};

/// What a code means.
#[derive(Debug)]
pub struct CodeInfo {
    /// WeChat's code.
    pub code: &'static str,
    /// What to do.
    pub class: PayClass,
    /// What it means, in Chinese.
    pub meaning: &'static str,
    /// What the operator does, in Chinese.
    pub advice: &'static str,
}

const fn row(code: &'static str, class: PayClass, meaning: &'static str, advice: &'static str) -> CodeInfo {
    CodeInfo {
        code,
        class,
        meaning,
        advice,
    }
}

const AUTOMATIC: &str = "系统会自动处理，一般无需操作。";
const CALL: &str = "请把该错误码和发生时间交给开发人员核对接口参数。";
const CONSOLE: &str = "请登录微信支付商户平台，在「产品中心」核对权限与开发配置。";
const MONEY: &str = "请在商户平台充值或等待新的收款，系统会再次发起退款。";
const MERCHANT: &str = "请登录微信支付商户平台查看站内信和账户状态。";
const PAYER: &str = "请联系付款人；必要时在商户平台人工处理。";

/// All known codes, ascending.
#[rustfmt::skip]
pub const CODES: &[CodeInfo] = &[
    row("ACCOUNTERROR", Final, "付款人账户异常", PAYER),
    row("ACCOUNT_ERROR", Final, "付款人账户异常", PAYER),
    row("APPID_MCHID_NOT_MATCH", Configuration, "AppID 与商户号没有绑定", "请在商户平台「产品中心→AppID 账号管理」关联公众号。"),
    row("BANKERROR", Retry, "银行系统异常", AUTOMATIC),
    row("BANK_ERROR", Retry, "银行系统异常", AUTOMATIC),
    row("BIZERR_NEED_RETRY", Retry, "退款业务需重试", AUTOMATIC),
    row("CONTRACT_NOT_EXISTED", Configuration, "签约关系不存在", CONSOLE),
    row("FREQUENCY_LIMITED", RateLimit, "请求过于频繁", AUTOMATIC),
    row("FREQUENCY_LIMIT_EXCEED", RateLimit, "请求过于频繁", AUTOMATIC),
    row("INVALID_REQUEST", Configuration, "请求不符合业务规则", CALL),
    row("INVALID_TRANSACTIONID", Configuration, "微信支付订单号不正确", CALL),
    row("MCH_NOT_EXISTS", Configuration, "商户号不存在", "请核对 WECHAT_PAY_MCH_ID。"),
    row("MERCHANT_ERROR", Account, "商户状态异常", MERCHANT),
    row("NOTENOUGH", Account, "商户可用余额不足", MONEY),
    row("NOT_ENOUGH", Account, "商户可用余额不足", MONEY),
    row("NOT_FOUND", NotExist, "没有这个对象", AUTOMATIC),
    row("NO_AUTH", Configuration, "商户没有该接口的权限", CONSOLE),
    row("NO_STATEMENT_EXIST", NotExist, "当日没有账单", "当日没有收付时属正常；否则请在次日 10 点后再对账。"),
    row("OPENID_MISMATCH", Final, "openid 与 AppID 不匹配", CALL),
    row("ORDERCLOSED", Closed, "订单已关闭", AUTOMATIC),
    row("ORDERNOTEXIST", NotExist, "订单不存在", AUTOMATIC),
    row("ORDERPAID", Paid, "订单已支付", AUTOMATIC),
    row("ORDER_CLOSED", Closed, "订单已关闭", AUTOMATIC),
    row("ORDER_NOT_EXIST", NotExist, "订单不存在", AUTOMATIC),
    row("ORDER_PAID", Paid, "订单已支付", AUTOMATIC),
    row("OUT_TRADE_NO_USED", Configuration, "商户订单号已用于另一笔订单", CALL),
    row("PARAM_ERROR", Configuration, "参数错误", CALL),
    row("REFUND_NOT_EXISTS", NotExist, "退款单不存在", AUTOMATIC),
    row("REQUEST_BLOCKED", Configuration, "请求被拒绝", CONSOLE),
    row("RESOURCE_NOT_EXISTS", NotExist, "没有这个对象", AUTOMATIC),
    row("RULELIMIT", Final, "不符合业务规则（如超过退款期限或次数）", PAYER),
    row("RULE_LIMIT", Final, "不符合业务规则（如超过退款期限或次数）", PAYER),
    row("SIGN_ERROR", Configuration, "签名错误", "请核对 WECHAT_PAY_PRIVATE_KEY 与 WECHAT_PAY_SERIAL 是否为同一张商户证书的。"),
    row("STATEMENT_CREATING", Retry, "账单生成中", AUTOMATIC),
    row("SYSTEMERROR", Retry, "微信支付系统错误", AUTOMATIC),
    row("SYSTEM_ERROR", Retry, "微信支付系统错误", AUTOMATIC),
    row("TRADE_ERROR", Final, "交易错误", PAYER),
    row("USERPAYING", Retry, "付款人正在输入密码", AUTOMATIC),
    row("USER_ACCOUNT_ABNORMAL", Final, "退款账户异常（如已注销）", "请在商户平台「交易中心→退款」改为退至其他账户。"),
    row("USER_NOT_EXISTS", Final, "付款人不存在", PAYER),
];

/// The row of a code.
pub fn lookup(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| info.code == code)
}
