//! The words of refusals, in Chinese.

use super::Refusal;

impl Refusal {
    /// The words for the person, in Chinese, with what to do next.
    pub fn text(&self) -> String {
        use Refusal::*;
        let fixed = match self {
            TooShort { min } => return format!("太短了，请至少填写 {min} 个字"),
            TooLong { max } => return format!("太长了，请不要超过 {max} 个字"),
            LeaveEnrolmentFirst { number } => {
                return format!(
                    "您的报读（编号 {number}）还没有办结。请先在“我的报读”里取消，或办理退学退费并等退款到账，再注销账户。如有疑问，请拨打 4000123318 转 0"
                );
            }
            JoinBothEnrolled { number } => {
                return format!(
                    "两个账户报读了同一专业的同一批次，或者各有一份待缴费的报读（编号 {number}），不能自动合并。请先在其中一个账户的“我的报读”里取消或退学，或拨打 4000123318 转 0"
                );
            }
            SmsTooSoon { wait_s } => return format!("验证码刚刚发送过，请 {wait_s} 秒后再试"),
            SmsCodeWrong { left } => return format!("验证码不正确，还可以再试 {left} 次"),
            NotEnrolledThisYear { year } => {
                return format!("本年度补助面向 {year} 年新入学的职工，您填写的入学时间不在 {year} 年内");
            }
            ApplyWindowClosed { from, until } => {
                return format!(
                    "现在不在申请时间内。本批次申请时间为 {} 至 {}，已填写的内容会为您保留",
                    from.day_text(),
                    until.deadline_text()
                );
            }
            ReviewWindowClosed { from, until } => {
                return format!(
                    "现在不在审核时间内。本批次审核时间为 {} 至 {}",
                    from.day_text(),
                    until.deadline_text()
                );
            }
            CorrectionOver { until } => return format!("补正时间已于 {} 截止", until.deadline_text()),
            DocumentNotReplaced { kind } => return format!("“{kind}”还没有更换，请按审核意见重新上传"),
            DocumentMissing { kind } => return format!("还没有上传“{kind}”，请先上传"),
            AlreadyThisYear { number } => {
                return format!(
                    "此身份证号今年已有一份申请（编号 {number}），每人每年只能申请一次。请在“进度查询”中查看那一份"
                );
            }
            AlreadyThisLevel { level, number } => {
                return format!(
                    "此身份证号已申请过“{level}”层次的补助（编号 {number}），同一学历层次只能申请一次"
                );
            }
            FileTooLarge { bytes } => {
                return format!(
                    "文件有 {:.1} MB，超过了 3 MB。请压缩或重新拍摄后再上传",
                    *bytes as f64 / 1_048_576.0
                );
            }
            AttachmentTooLarge { bytes } => {
                return format!(
                    "附件有 {:.1} MB，超过了 10 MB。请压缩，或拆成几个附件后再上传",
                    *bytes as f64 / 1_048_576.0
                );
            }
            AttachmentTooMany { most } => {
                return format!("一篇文章最多 {most} 个附件，请先移除不再需要的，再上传");
            }
            FilePages { most } => {
                return format!("这个 PDF 超过了 {most} 页，请只保留需要的页面后再上传");
            }
            TooManyChosen { max } => return format!("一次最多办理 {max} 件，请分几次办理"),
            AlreadyDecided { by } => {
                return format!("这一步已由 {by} 办理，您的操作没有生效。请查看最新状态");
            }
            RegistrationWaits { by } => {
                return format!("您的入网注册正在等待“{by}”审核，通过后才能登录。请联系该工会的管理员");
            }
            RegistrationRejected { by, reason } => {
                return format!(
                    "您的入网注册没有通过“{by}”的审核：{reason}。请联系该工会的管理员，修改后重新注册"
                );
            }
            RegistrationDecided { by } => {
                return format!("这份注册已由 {by} 办理，您的操作没有生效。请查看最新状态");
            }
            UnionHasChildren { count } => {
                return format!("还有 {count} 个下级工会，请先把它们移走或撤销，再撤销这个工会");
            }
            UnionHasOpenWork { count } => {
                return format!(
                    "还有 {count} 份申请没有办结，它们占用或等候的是原单位的名额，不能带到另一个单位。请办结后再移动"
                );
            }
            UnionHasRegistrations { count } => {
                return format!("还有 {count} 份下级工会的入网注册没有审核，请先通过或退回，再撤销这个工会");
            }
            EnrolWindowOver { until } => {
                return format!(
                    "这一批次的报名已于 {} 截止，请选择其他入学时间或专业",
                    until.deadline_text()
                );
            }
            EnrolledAlready { number } => {
                return format!("您已报读这个专业的同一批次（报读编号 {number}），请在“我的报读”中查看");
            }
            HoldsAnother { number } => {
                return format!(
                    "您还有一份报读在等待缴费（编号 {number}），请先缴费或取消，再报读另一个。请在“我的报读”中查看"
                );
            }
            ProgramHasEnrolments { count } => {
                return format!(
                    "还有 {count} 份报读没有办结（待缴费、已缴费或退款中），办结后才能下架。可以先停止招生"
                );
            }
            SeatsBelowTaken { date } => {
                return format!("{date} 入学的名额不能少于已占用的名额，已有人报读的入学时间也不能删除");
            }
            CatalogueWrong { problem } => return problem.clone(),
            VideoWrongType => {
                "只能上传 MP4 视频（按内容识别，改扩展名无效）。其他格式请先转换成 MP4（H.264 编码）"
            }
            VideoTooLarge => "视频超过了 200 MB。请压缩，或分成几节后分别上传",
            CoverWrongType => "封面只能用 jpg、png、gif 图片",
            LinkMalformed => "请填写 https:// 开头的网页地址，如 https://www.example.cn/video/1",
            OrderMalformed => "请填写不超过 999 的整数",
            TooManyKept { most } => return format!("最多 {most} 个，请先整理已有的"),
            RealNameFirst => {
                "报读前须通过实名认证。您填写的内容已保存，认证通过后可接着办理，如有疑问请拨打 4000123318 转 0"
            }
            IdentityOfAnother => {
                "这个身份证号已在另一个账户通过实名认证。如果两个账户都是您的，请到“我的—合并账户”合并；不是的请拨打 4000123318 转 0"
            }
            ProgramClosed => "这个专业已停止招生，请选择其他专业",
            SeatsGone => {
                "这一批次的名额刚刚报满，没有产生任何费用。请选择其他入学时间或专业，已填写的内容会为您保留"
            }
            TermsChanged => {
                "学费、缴费分期或退学退费规定刚刚有变化，没有报读，也没有产生费用。请核对下面的变化，重新勾选同意后再提交"
            }
            ProviderBusy { programs, enrolments } => {
                return format!(
                    "这个服务机构还有 {programs} 个没有下架的专业、{enrolments} 份没有办结的报读，专业下架或改由其他机构服务、报读办结后才能停用"
                );
            }
            RulesNotAgreed => "请先阅读退学退费规定，并勾选同意",
            ProviderEnded => "这个专业的服务机构已经停用，请先改由其他服务机构服务",
            HoldOver => "缴费时间已过，名额已释放，没有产生费用。如仍需报读，请重新办理",
            NothingToPay => "这一期学费不需要缴纳，或已经缴清",
            RefundNotNow => "这份报读现在不能申请退学退费。如有疑问，请拨打 4000123318 转 0",
            EnrolmentNotThere => "这份报读的状态刚刚有了变化，请核对最新状态后再办理",
            CampaignExists { year } => return format!("{year} 年度已经有了，请直接打开它修改"),
            IntakesOverlap { other } => {
                return format!("与“{other}”的申请或审核时间重叠，请把日期错开");
            }
            IntakeOutsideYear { year } => return format!("申请时间须在 {year} 年之内"),
            BelowTaken { wanted, taken } => {
                return format!("名额不能改为 {wanted} 个：已经占用了 {taken} 个，不能少于已占用的数");
            }
            TableWrong { count } => {
                return format!("表格有 {count} 处错误，没有导入任何内容，请逐行改正后重新上传");
            }
            TransferNotFree { left } => {
                return format!("现在只剩 {left} 个空余名额，不够调剂。可以减少数量后重新提出");
            }
            TransferMoved { state } => {
                return format!("这笔调剂现在是“{state}”，您的操作没有生效。请查看最新状态");
            }
            InvitationUnknown => "这个链接无效，请核对是否完整，或请上级工会重新发送",
            InvitationExpired => "这个邀请已过期",
            InvitationRevoked => "这个邀请已被撤回",
            InvitationUsedUp => "这个邀请的注册名额已用完",
            UnionNameTaken => "同一上级工会下已有这个名称的工会或注册，请核对名称，或联系上级工会",
            OfficerPhoneTaken => "这个手机号已经是工会管理员账号，请直接登录，或换一个手机号",
            OfficerPhoneWaits => "这个手机号已提交过入网注册，正在等待审核，不用重复提交",
            OfficerPhoneUnknown => "这个手机号不是工会管理员账号，请核对，或联系本工会管理员",
            PasswordSimple => "密码太简单，请同时使用字母和数字（或符号），不要用连续或重复的字符",
            PasswordIsPhone => "密码不能包含手机号",
            PasswordsDiffer => "两次输入的密码不一致，请重新输入",
            PasswordNotOld => "现在的密码不正确",
            RolesMissing => "请至少选择一项权限",
            LastAdministrator => "这是本工会最后一位管理员，只有上级工会可以撤去。请先增加一位管理员",
            ByUpperUnionOnly => "这件事只能由上级工会的管理员办理",
            UnitStays => "有名额的单位由名额分配表设立，不能在这里移动或撤销",
            MoveIntoItself => "不能移到自己或自己的下级工会下面",
            MoveNowhere => "它已经在这个上级工会下面了，请选择另一个",
            NotConfirmed => "请勾选确认后再办理",
            WechatNotBound => "请先绑定微信，再打开微信验证",
            QuietHours => "请写全开始和结束时间，如 22:00 到 07:00，两者不能相同；不需要安静时段，请都留空",
            NoticeNotLost => "这条消息已经送达、正在发送，或已经再发过，不用再发",
            SecondFactorOn => "登录时要用这个微信验证，请先关闭微信验证，再解除绑定",
            CampaignNone => "还没有任何年度。请运维人员先用 yuanmeng import quotas 导入第一年的名额表",
            YearMalformed => "请填写 4 位年份，例如 2027",
            WindowBackwards => "结束日期不能早于开始日期",
            ReviewTooShort => "审核时间须包含整个申请时间：不晚于申请开始，不早于申请结束",
            WindowRunning => "这个批次已经开始，修改会马上影响职工和审核。请看清下面的后果，勾选确认后再保存",
            SeenChanged => "您打开页面之后有人改过，您看到的不是最新内容。请核对最新内容后再办理",
            AmountMalformed => "请填写金额，大于 0，最多两位小数，例如 1000 或 500.50",
            PlacesMalformed => "请填写 0 至 100000 的整数",
            FunderTwice => "这个资金来源已经有了，请直接修改它的金额",
            TableEmpty => "表格是空的，或没有数据行。请按模板填写“单位”“名额”两列后上传",
            TableWrongType => {
                "只能导入 XLSX 或 UTF-8 编码的 CSV 表格。请在 Excel 或 WPS 中另存为 XLSX 后上传"
            }
            TableTooLarge => "表格太大（超过 1 MB 或 5000 行），请只保留“单位”“名额”两列",
            PreviewGone => "预览已过期（30 分钟）或已导入，请重新上传表格",
            TransferItself => "请选择另一个单位",
            TransferTooLate => "本批次的申请时间已经结束，不能再调剂名额",
            Empty => "请填写此项",
            NotAChoice => "请从列表中选择一项",
            PhoneMalformed => "请填写 11 位手机号码，例如 13800138000",
            PhoneVirtual => {
                "请填写本人的有效手机号，不要使用虚拟号段的电话，否则会因无法及时收到审核信息和电话而错过申补机会"
            }
            PhoneTaken => "这个手机号已经注册过，请直接登录",
            PhoneUnknown => "这个手机号还没有注册，请先注册",
            PhoneNotProven => "请填写登录时验证过的手机号，审核信息会发到这个号码",
            ContactPhoneMalformed => "请填写单位的联系电话，例如 0531-85826289",
            SmsFailed => "短信暂时发送不出去，请稍后再试，或拨打 4000123318 转 0",
            SliderMissing => "请先按住滑块，拖动到最右边",
            SliderFailed => "滑动验证没有通过，请重新拖动滑块到最右边",
            SmsTooMany => "今天发送验证码的次数太多了，请明天再试，或拨打 4000123318 转 0",
            SmsCodeEnded => "验证码输错次数过多，已经失效，请重新获取",
            SmsCodeNone => "验证码已过期或已使用，请重新获取",
            SignInTooMany => "尝试次数太多，请 15 分钟后再试",
            PasswordWrong => "手机号或密码不正确",
            PasswordWeak => "这个密码太容易被猜到，请不要使用连续或重复的字符、常见单词和手机号",
            EmailMalformed => "请填写正确的邮箱地址，例如 name@example.com；没有可以不填",
            PhoneIsYours => "这就是您现在的手机号，请填写新的手机号",
            PhoneOfAnother => {
                "这个手机号已有另一个账户。如果也是您的，请在“我的”中用“合并账户”合成一个；如果不是，请拨打 4000123318 转 0"
            }
            PhoneNotOfAccount => {
                "请填写您原来登记的手机号。如果那个号码已经不用了，请拨打 4000123318 转 0，由工作人员核实后处理"
            }
            ProveFirst => "为了账户安全，请先验证是您本人",
            AppDoorClosed => {
                "从齐鲁工惠 APP 进入的功能还没有开通，请用手机号登录，或从“泉城工会”微信公众号菜单进入"
            }
            AppTicketInvalid => {
                "从齐鲁工惠 APP 登录没有成功。请返回 APP，重新点“求学圆梦”进入；仍然不行，请用手机号登录，或拨打 4000123318 转 0"
            }
            AppTicketExpired => "从齐鲁工惠 APP 登录已超时。请返回 APP，重新点“求学圆梦”进入，或用手机号登录",
            AppTicketUsed => {
                "这个登录链接已经用过了。请返回齐鲁工惠 APP，重新点“求学圆梦”进入，或用手机号登录"
            }
            OtherPerson => {
                "两个账户实名认证的身份证号不同，不能关联在一起。如有疑问，请拨打 4000123318 转 0，由工作人员核实后处理"
            }
            JoinBothApplied => {
                "两个账户都有补助申请，不能自动合并。请拨打 4000123318 转 0，由工作人员核实后处理；或者注销其中不用的一个"
            }
            JoinItself => "这就是您现在登录的账户，请填写另一个账户的手机号",
            LeaveWithdrawFirst => {
                "您有正在办理的申请。注销会撤回申请并释放名额，请勾选同意撤回，或等办理结束后再注销"
            }
            LeaveNotAgreed => "请勾选确认，注销后不能恢复",
            IdNumberMalformed => "身份证号应为 18 位，最后一位可以是 X",
            IdNumberChecksum => "身份证号校验不通过，请对照身份证逐位核对",
            IdNumberBirthDate => "身份证号中的出生日期不正确，请对照身份证核对",
            SexDisagrees => "性别与身份证号不一致，请核对",
            CardMalformed => "银行卡号应为 16 至 19 位数字",
            CardChecksum => "银行卡号校验不通过，请对照银行卡逐位核对",
            CardNotIcbc => "请填写申请人本人的工商银行储蓄卡号，其他银行的卡无法发放补助",
            PostTooHigh => {
                "补助面向一线职工：企业车间（工段、科室）主任及以下，机关事业单位科级及以下。您的职务超出了范围"
            }
            NotOfJinan => "补助面向济南市的职工（含农民工）。暂无工作的农民工，请先到居住地街道或社区了解",
            LevelTooLow => "补助面向大专及以上学历教育，您选择的学历层次不在范围内",
            EmployerDisagrees => "报读专业须符合单位工作需要并经单位同意，请先与单位沟通",
            DateMalformed => "请选择正确的日期",
            NoIntake => "目前没有开放的申请批次，请留意政策通知",
            UnionMissing => "请先选择单位所在区域的工会组织",
            UnionUnknown => "没有找到这个工会，请重新选择",
            StampedFormOutOfDate => "申请表修改过了，请重新打印、盖章并上传新的盖章申请表",
            ChecksNotTicked => "请逐项确认 4 项工作都已完成",
            NotEditable => "申请已提交，现在不能修改",
            TwoAnswers => "您在两处填写的内容不同，请选择用哪一个",
            ReviewBegun => "工会已经开始审核，现在不能取回修改。材料有误时，审核工会会退回给您补正",
            UnionOfOtherUnit => {
                "取回修改时，只能改选同一区县（产业）内的工会，您的名额在那里。要改到别处，请先撤回申请再重新申请"
            }
            FileEmpty => "文件是空的，请重新选择",
            FileWrongType => "只能上传 jpg、jpeg、png、gif 图片或 pdf 文件，请更换文件",
            FileTruncated => "文件不完整或已损坏，打不开，请重新拍摄或导出后上传",
            FileLocked => "这个 PDF 设置了密码或加密保护，请取消密码，或截图后上传图片",
            FilePixels => "图片尺寸过大，请用手机相机的普通模式重新拍摄",
            FileWebPage => "这是一个网页文件，不是图片或 PDF。请上传材料的照片、截图或 PDF",
            FileHeic => {
                "这是 HEIC 格式的照片。请在手机“设置—相机—格式”中选“兼容性最佳”后重新拍摄，或上传截图"
            }
            FileOffice => "这是 Word、WPS 或压缩文件。请导出为 PDF，或拍照后上传图片",
            FileMixed => "文件里夹带了别的文件，不能接收。请重新拍照或截图后上传",
            FileScripts => {
                "这个 PDF 里带有脚本、附件或自动操作，不能接收。请打印成新的 PDF，或截图后上传图片"
            }
            FileNoPages => "这个 PDF 里没有页面，请重新导出后上传",
            FileTooMany => "上传太频繁了，请 10 分钟后再试。已上传的材料不受影响",
            HandoffOver => {
                "这个手机上传二维码已失效（超过 10 分钟、已结束或已提交）。请在电脑的“上传材料”页面点“用手机拍照上传”，重新扫码"
            }
            HandoffTaken => {
                "这个二维码已在另一部手机或浏览器上打开，只能用那一部上传。如需换手机，请在电脑上重新生成二维码"
            }
            NotYourStep => "这份申请现在不在您的审核环节",
            ReasonMissing => "请写明理由，职工会看到这段话",
            NothingToCorrect => "请勾选需要职工补正的内容",
            VerdictMissing => "请选择审核意见：通过、退回补正或不予通过",
            RejectNotConfirmed => "请勾选确认。不予通过后名额会释放，不能再改",
            ChangedMeanwhile => "这份申请刚刚有了变化，您看到的不是最新内容。请核对最新内容后再办理",
            OwnApplication => "不能审核本人的申请，请由同工会其他管理员办理",
            DeclaredRelative => "您已对这份申请申报回避，由同工会其他审核员或上级工会办理",
            NoOtherReviewer => {
                "本工会没有其他审核员，上面也没有可以接手的工会。请先由管理员增加一位审核员，再由他办理"
            }
            FirstStep => "这是第一级审核，下面没有工会可以复核。材料有问题的，请退回给职工补正",
            RecallTooLate => "上一级已经办理，或者申请有了变化，不能再撤回。需要时请联系上一级工会退回复核",
            NotCheckedYet => "自动核对还没有做完。请稍后再批量办理，或打开查看后单独办理",
            NeedsALook => "自动核对有不符，请打开查看后单独办理",
            AttachmentType => {
                "附件只能是 PDF、Word（docx）、Excel（xlsx）、JPG 或 PNG 文件，不能带宏、不能加密。请另存为这些格式后上传"
            }
            CsrfFailed => "页面停留太久或已在别处登录，请返回上一页刷新后再提交",
            SignInAgain => "登录已过期，请重新登录，已填写的内容会为您保留",
            OauthState => "微信登录已失效，请重新从公众号菜单进入",
            OauthCode => "微信登录没有完成，请重新进入",
            OauthVirtual => "您正以“快照页”浏览，请点击页面底部的“使用完整服务”后再登录",
            PageNotOurs => "这个页面不属于本系统，不能使用微信功能",
            TooManyRequests => "操作太频繁，请稍后再试",
            NotAllowed => "您没有办理此事的权限",
            MalformedRequest => "提交的内容不完整，请返回重试",
            MiniMissing => "小程序暂未开通，请使用公众号或网页办理",
            MiniCode => "微信登录已失效，请重新打开小程序",
            MiniBlocked => "微信限制了这个账号，请用手机号登录网页办理，或拨打 4000123318 转 0",
            MiniOnly => "请在小程序中办理此事",
            WechatAway => "微信暂时没有应答，请稍后再试，或用手机号和短信验证码登录",
            TextRisky => "微信认为这里的文字不宜发布，请修改后再保存",
            PhoneFirst => "请先在小程序中授权手机号，再填写注册信息",
            KeyMalformed => "Idempotency-Key 须为 8 至 64 位字母、数字或 . _ : -",
            KeyReused => "这个 Idempotency-Key 已用于另一次提交，请换一个新的再试",
            KeyBusy => "同样的提交正在处理，请稍后再试",
            PaymentOff => "暂未开通微信支付，请拨打 4000123318 转 0 咨询",
            PaymentAway => "微信支付暂时没有应答，没有扣款。请稍后再试",
            PaymentPaid => "这笔费用已经支付，不用再付。请刷新页面查看",
            PaymentNotPaid => "这笔费用还没有支付，不能退款",
            PaymentClosed => "支付时间已过，这笔订单已关闭。请返回重新下单",
            PaymentDiffers => "这笔费用的金额与已有的订单不一致，请刷新页面后再试",
            RefundGoesOn => "这笔退款不需要再次发起，请看最新状态",
            RefundTooMuch => "退款金额超过了还可以退的金额",
        };
        fixed.to_owned()
    }
}
