use super::*;

const GOOD: &str = r#"{"button":[
    {"name":"工会服务","sub_button":[
        {"type":"view","name":"求学圆梦","url":"https://u.example.cn/"},
        {"type":"click","name":"服务热线","key":"HOTLINE"}]},
    {"type":"view","name":"进度查询","url":"https://u.example.cn/progress"}]}"#;

fn good() -> Menu {
    Menu::from_json(GOOD).unwrap()
}

fn problems(change: impl FnOnce(&mut Menu)) -> Vec<String> {
    let mut menu = good();
    change(&mut menu);
    menu.check()
}

#[test]
fn a_good_menu_has_no_problems_and_goes_out_as_it_came_in() {
    assert_eq!(good().check(), Vec::<String>::new());
    let sent = serde_json::to_value(good()).unwrap();
    assert_eq!(sent, serde_json::from_str::<Value>(GOOD).unwrap());
}

/// facts, Menu: 3 × 5, lengths in bytes; the item is named.
#[test]
fn every_limit_names_its_item() {
    assert_eq!(
        problems(|m| m.button.clear()),
        ["一级菜单须有 1 至 3 个，现有 0 个"]
    );
    assert_eq!(
        problems(|m| m.button = vec![m.button[1].clone(); 4]),
        ["一级菜单须有 1 至 3 个，现有 4 个"]
    );
    assert!(problems(|m| m.button[0].name = "abcdefghijklmnop".into()).is_empty());
    assert_eq!(
        problems(|m| m.button[0].name = "工会服务大厅".into()),
        ["一级菜单第 1 项「工会服务大厅」：名称最多 16 字节（汉字占 3 字节），现有 18 字节"]
    );
    assert!(problems(|m| m.button[0].sub_button[0].name = "求".repeat(20)).is_empty());
    assert!(problems(|m| m.button[0].sub_button[0].name = "求".repeat(21))[0].contains("最多 60 字节"));
    assert_eq!(
        problems(|m| m.button[0].sub_button[1].key = Some("K".repeat(129))),
        ["「工会服务」下第 2 项「服务热线」：key 最多 128 字节，现有 129 字节"]
    );
    assert!(
        problems(|m| m.button[1].url = Some(format!("https://{}", "u".repeat(1017))))[0].contains("url 最多")
    );
    assert!(problems(|m| m.button[1].url = Some(format!("https://{}", "u".repeat(1016)))).is_empty());
    assert!(
        problems(|m| m.button[0].sub_button = vec![m.button[1].clone(); 6])[0]
            .contains("最多 5 个，现有 6 个")
    );
}

#[test]
fn what_an_action_needs_is_named() {
    assert_eq!(
        problems(|m| m.button[1].url = None),
        ["一级菜单第 2 项「进度查询」：缺少 url"]
    );
    assert_eq!(
        problems(|m| m.button[1].kind = None),
        ["一级菜单第 2 项「进度查询」：缺少 type"]
    );
    assert_eq!(
        problems(|m| m.button[1].kind = Some("veiw".into())),
        ["一级菜单第 2 项「进度查询」：不认识的类型 veiw"]
    );
    assert_eq!(problems(|m| m.button[1].url = Some("u.cn".into())).len(), 1);
    assert_eq!(
        problems(|m| m.button[1].name = " ".into()),
        ["一级菜单第 2 项「 」：名称不能为空"]
    );
    assert_eq!(
        problems(|m| m.button[0].kind = Some("click".into())),
        ["一级菜单第 1 项「工会服务」：有下级菜单时不能再有 type、key、url"]
    );
    let third = |m: &mut Menu| m.button[0].sub_button[0].sub_button = vec![m.button[1].clone()];
    assert_eq!(
        problems(third),
        ["「工会服务」下第 1 项「求学圆梦」：菜单最多两级，不能再有下级"]
    );
    let typo = GOOD.replace("\"key\"", "\"kye\"");
    assert_eq!(
        Menu::from_json(&typo).unwrap().check(),
        [
            "「工会服务」下第 2 项「服务热线」：缺少 key",
            "「工会服务」下第 2 项「服务热线」：不认识的字段 kye"
        ]
    );
    assert!(
        Menu::from_json("{\"button\":[\n{}]}")
            .unwrap_err()
            .starts_with("菜单文件第 2 行")
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let found = problems(|m| {
        m.button[0].name = String::new();
        m.button[1].url = None;
    });
    assert_eq!(found.len(), 2);
}

#[test]
fn differences_are_readable() {
    assert!(good().diff(&good()).is_empty());
    let mut new = good();
    new.button[0].sub_button.remove(1);
    new.button[1].url = Some("https://u.example.cn/p".into());
    new.button.push(Button {
        kind: Some("click".into()),
        name: "帮助".into(),
        key: Some("H".into()),
        ..Button::default()
    });
    assert_eq!(
        good().diff(&new),
        [
            "- 工会服务 › 服务热线  click HOTLINE",
            "~ 进度查询  view https://u.example.cn/progress → view https://u.example.cn/p",
            "+ 帮助  click H",
        ]
    );
    let mut turned = good();
    turned.button.reverse();
    assert_eq!(
        good().diff(&turned),
        ["~ 顺序变为：进度查询、工会服务、工会服务 › 求学圆梦、工会服务 › 服务热线"]
    );
    assert_eq!(Menu::default().diff(&good()).len(), 4);
}

/// WeChat gives the menu back with an empty sub_button in every button; that is no difference.
#[test]
fn what_wechat_gives_back_equals_what_was_sent() {
    let back = r#"{"menu":{"button":[
        {"name":"工会服务","sub_button":[
            {"type":"view","name":"求学圆梦","url":"https://u.example.cn/","sub_button":[]},
            {"type":"click","name":"服务热线","key":"HOTLINE","sub_button":[]}]},
        {"type":"view","name":"进度查询","url":"https://u.example.cn/progress","sub_button":[]}]}}"#;
    let current: Current = serde_json::from_str(back).unwrap();
    assert_eq!(current.menu, good());
}
