import type { FirstMessages } from './first-en.js';

/** Chinese, simplified. Drafted by a machine: see awaiting-native-reader.json. */
export const firstZh: FirstMessages = {
  language: '语言',
  skip: '跳到正文',
  exit: '立即离开此页面',
  'exit.hint': '用一部百科全书取代此页面。不会清除浏览器的历史记录。',
  about: '关于此网址',

  'welcome.title': '如果您因与联合国合作而受到威胁或惩罚',
  'welcome.danger.title': '现在就有危险',
  'welcome.danger.text': '我们无法提供人身保护。这不是紧急救援服务。以下联系方式全天应答：',
  'welcome.helpline.defenders': 'Front Line Defenders（前线卫士）：面向捍卫人权的人，电话联系',
  'welcome.helpline.digital': 'Access Now：处理手机、电脑和账户问题，电子邮件联系',
  'welcome.what.title': '您在这里可以做什么',
  'welcome.what.text':
    '您可以把发生在您或他人身上的事告诉列明的官员。不需要账户，也不需要姓名。大约需要十分钟。大多数问题都可以跳过。',
  'welcome.read.title': '谁会读到',
  'welcome.read.known': '您的报告在此设备上密封，收件方是：{recipient}。除非您允许，其他任何人都无法打开。',
  'welcome.read.checking': '正在核对这些密钥属于谁……',
  'welcome.read.checked':
    '密钥已与公开账本核对；该账本于 {time} 得到 {n, plural, other {# 个独立见证方}}的确认。',
  'welcome.read.server':
    '运行此服务器的人无法阅读您的报告。他们能看到有人写过、何时写的、报告的大致长度，以及您关于同意和紧急程度的回答。',
  'welcome.check.title': '如何核对此页面',
  'welcome.check.text': '页面无法为自己作证。请将这个号码与印刷的号码或另一来源的号码比较：',
  'welcome.safe.title': '开始之前',
  'welcome.safe.text':
    '请使用别人不会查看的设备。您写的内容不会存储在设备上：如果关闭或重新加载此页面，写的内容就没有了。您可以随时保存一份密封的草稿。',
  'welcome.start': '开始填写报告',
  'welcome.enter': '打开您的信箱',
  'welcome.draft': '打开已保存的草稿',
  'mailbox.working': '请稍候……',

  'sending.stopped': '尚未确认',
  'sending.again': '重试',
  'sending.keep': '您的报告仍在这里，已经密封。您想试多少次都可以；它只会被记录一次。请不要关闭此页面。',

  'failed.title': '没有成功',
  'failed.kept': '您写的内容都没有丢失。',
  'failed.code': '故障名称：{code}',
  'failed.unreachable': '无法连接到服务。请检查您的网络连接，然后重试。',
  'failed.busy': '服务非常繁忙。请等一分钟，然后重试。',
  'failed.full': '服务目前没有空间。请稍后再试，或联系求助热线。',
  'failed.keys':
    '向您显示的密钥没有此页面所信任者的签名。这可能是攻击。没有发送任何内容。请换一个网络再试，或联系求助热线。',
  'failed.stale': '近来没有人确认过这些密钥，因此不予使用。没有发送任何内容。请稍后再试。',
  'failed.silent':
    '独立见证方已经沉默超过七天。可能是故障，也可能有人在切断您与外界的联系。您可以等待，也可以继续。',
  'failed.silent.do': '在没有见证方最新确认的情况下继续',
  'failed.clock': '此设备的时钟不对。请设置日期和时间，然后重试。',
  'failed.proof': '服务的答复未能通过核对。这可能是攻击。请记下发生的时间。',
  'failed.word': '第 {n} 个词不在任何词表中。您是想写“{word}”吗？',
  'failed.words': '这些词或数字对不上。请查找有错、遗漏或位置不对的地方。',
  'failed.nothing': '用这个打不开任何内容。请查找错误；如果报告是从另一网址发送的，请到那里打开。',
  'failed.draft': '用这些词打不开此文件。文件选对了吗？',
  'failed.outdated':
    '办公室的密钥在此期间更新了。没有记录任何内容。请重新密封报告：您会得到新的词，旧的词打不开任何内容。',
  'failed.outdated.do': '重新密封',
  'failed.refused': '现在无法这样做。可能有人先行一步；请重新打开信箱。',
  'failed.internal': '这里出了问题。请重试。',
  'failed.again': '重试',
};
