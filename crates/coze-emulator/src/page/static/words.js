// The words of the page in two languages. The key is the English text.

const CHINESE = {
  "Coze emulator": "扣子模拟器",
  "Skip to content": "跳到正文",
  Workflows: "工作流",
  Runs: "运行",
  Requests: "请求",
  Faults: "故障",
  live: "实时",
  "not connected": "未连接",
  "Search workflows": "搜索工作流",
  "Search runs": "按运行 ID 或输入搜索",
  "Search requests": "搜索请求",
  "All workflows": "全部工作流",
  "Any status": "全部状态",
  "No workflow matches.": "没有匹配的工作流。",
  "No run yet.": "还没有运行。",
  "No run matches.": "没有匹配的运行。",
  "No request yet.": "还没有请求。",
  "Show more": "显示更多",
  "not published": "未发布",
  chatflow: "对话流",
  Run: "运行",
  "Run again with these inputs": "用这些输入再次运行",
  Cancel: "取消",
  Inputs: "输入",
  "No inputs.": "没有输入。",
  required: "必填",
  Output: "输出",
  Outputs: "节点输出",
  Graph: "流程图",
  Timeline: "时间线",
  Events: "事件",
  Status: "状态",
  Started: "开始",
  Duration: "耗时",
  Workflow: "工作流",
  "Execute id": "运行 ID",
  "Log id": "日志 ID",
  Mode: "方式",
  Node: "节点",
  Input: "输入",
  Error: "错误",
  Question: "提问",
  Answer: "回答",
  "Send answer": "提交回答",
  "This run is not known, or is no longer kept.": "找不到该运行，或已不再保留。",
  "This workflow is not known.": "找不到该工作流。",
  Method: "方法",
  Path: "路径",
  Code: "错误码",
  Time: "时间",
  "Copy curl": "复制 curl",
  Copied: "已复制",
  "Arm a fault": "注入故障",
  Arm: "注入",
  "Faults to come": "待生效的故障",
  "No fault is armed.": "没有待生效的故障。",
  "Clear all": "全部清除",
  "Own words": "自定义",
  "The next run is refused as too many requests": "下一次运行因限流被拒绝",
  "The next run is carried out and its response is lost": "下一次运行会执行，但响应丢失",
  "The next stream stalls after 3 events": "下一个流在 3 个事件后停住",
  "The next stream breaks after 200 bytes": "下一个流在 200 字节后断开",
  "The next call waits for two seconds": "下一次调用延迟两秒",
  "The gateway answers the next call with 502": "网关对下一次调用返回 502",
  "must be JSON": "必须是 JSON",
  "is required": "为必填项",
  running: "运行中",
  interrupted: "等待回答",
  success: "成功",
  fail: "失败",
  cancel: "已取消",
  "more are not kept": "条未保留",
  "Switch to dark": "切换到深色",
  "Switch to light": "切换到浅色",
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
document.documentElement.lang = language;

/** The text in the language of the page. */
export function t(text) {
  return language === "zh" ? (CHINESE[text] ?? text) : text;
}

export function otherLanguage() {
  return language === "zh" ? "English" : "中文";
}

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  document.documentElement.lang = language;
}

/** A point in time, from Unix milliseconds. */
export function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false });
}

/** A span of time in milliseconds. */
export function span(milliseconds) {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
