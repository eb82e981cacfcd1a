//! x
#[test]
fn menu() {
    let tools = filesystem::PLUGIN.tools().unwrap();
    let all: Vec<_> = tools.iter().map(|t| barkeep_sdk::serde_json::json!({"name": t.name, "title": t.title, "description": t.description, "inputSchema": t.input_schema, "outputSchema": t.output_schema, "hints": format!("{:?}", t.hints)})).collect();
    std::fs::write("/tmp/fs-ref/ours.json", barkeep_sdk::serde_json::to_string_pretty(&all).unwrap()).unwrap();
}
