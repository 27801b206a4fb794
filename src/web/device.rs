//! What a browser calls itself, in words for the list of sign-ins.

/// "iPhone · 微信" for a user agent; what is not known is "浏览器".
pub fn words(user_agent: &str) -> String {
    let has = |word: &str| user_agent.contains(word);
    let device = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("HarmonyOS", "鸿蒙手机"),
        ("OpenHarmony", "鸿蒙手机"),
        ("Android", "安卓手机"),
        ("Windows", "Windows 电脑"),
        ("Macintosh", "苹果电脑"),
        ("Linux", "Linux 电脑"),
    ];
    let program = [
        ("QiluGonghui", "齐鲁工惠 APP"),
        ("MicroMessenger", "微信"),
        ("QQBrowser", "QQ 浏览器"),
        ("Edg", "Edge 浏览器"),
        ("Firefox", "Firefox 浏览器"),
        ("Chrome", "Chrome 浏览器"),
        ("Safari", "Safari 浏览器"),
    ];
    let find = |list: &[(&str, &'static str)]| list.iter().find(|(word, _)| has(word)).map(|(_, text)| *text);
    match (find(&device), find(&program)) {
        (Some(device), Some(program)) => format!("{device} · {program}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "浏览器".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn phones_and_programs_are_told_apart() {
        let wechat =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0.40";
        assert_eq!(words(wechat), "iPhone · 微信");
        let pc = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36";
        assert_eq!(words(pc), "Windows 电脑 · Chrome 浏览器");
        assert_eq!(words(""), "浏览器");
    }
}
