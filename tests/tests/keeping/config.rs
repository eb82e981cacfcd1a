//! Configuration by `wasi:config`.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_plugin_reads_what_it_is_given_and_the_rest_is_told_with_the_line() {
    let folder = granted("config = { unit = \"metre\", language = \"de\" }");
    let (host, client) = connect(&folder).await;
    assert_eq!(client.text("keeper__value", json!({ "key": "unit" })).await, "metre");
    assert_eq!(client.text("keeper__values", json!({})).await, r#"[["language","de"],["unit","metre"]]"#);
    let told = client.failure("keeper__value", json!({ "key": "other" })).await;
    assert!(told.contains("add other = \"...\" to config in [plugins.keeper.grants]"), "{told}");
    let changed = format!("{FOLDER}[plugins.keeper.grants]\nconfig = {{ other = \"now\" }}\n");
    host.until_loaded("keeper", || folder.configure(&changed)).await;
    assert_eq!(client.text("keeper__values", json!({})).await, r#"[["other","now"]]"#);
}
