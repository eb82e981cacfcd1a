//! Clients hear of lists that changed, and of nothing else.

use barkeep_tests::{Era, Folder, Heard, Host, Patched};
use rmcp::model::{ServerNotification, SubscriptionFilter};
use serde_json::json;

use super::{FILE, all_loaded, configuration, serve, version};

#[tokio::test]
async fn clients_hear_only_of_lists_that_really_changed() {
    for http in [false, true] {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
        let client = host.client(Era::Initialize).await;
        all_loaded(&host, &folder).await;
        assert_eq!(version(&client).await, "version=00000000");
        let swap = async |new: Patched| host.until_loaded("versioned", || folder.write(FILE, new)).await;

        // Another version with the same menu is no news; what is told next shows that nothing came before.
        swap(Patched::version(1)).await;
        swap(Patched::version(2).set("prompts", 1)).await;
        client.news.wait_for(&Heard::Prompts).await;
        assert_eq!(client.news.all(), [Heard::Prompts], "http: {http}");
        swap(Patched::version(3).set("prompts", 1).set("resources", 1)).await;
        client.news.wait_for(&Heard::Resources).await;
        assert_eq!(client.news.all(), [Heard::Prompts, Heard::Resources], "http: {http}");
        swap(Patched::version(4).set("prompts", 1).set("resources", 1).set("tools", 1)).await;
        client.news.wait_for(&Heard::Tools).await;
        assert_eq!(client.news.all(), [Heard::Prompts, Heard::Resources, Heard::Tools], "http: {http}");

        let tools = client.list_all_tools().await.expect("they are listed");
        assert!(tools[0].description.as_ref().is_some_and(|words| words.contains("tools=00000001")), "{tools:?}");
    }
}

#[tokio::test]
async fn subscribers_of_the_stateless_protocol_hear_what_they_asked_for() {
    for http in [false, true] {
        let folder = Folder::with_guests(&["versioned"]);
        let mut host = if http { Host::http(&folder).await } else { Host::stdio(&folder) };
        let client = host.client(Era::Stateless).await;
        let mut filter = SubscriptionFilter::default();
        filter.tools_list_changed = Some(true);
        filter.resources_list_changed = Some(true);
        let mut subscription = client.listen(filter).await.expect("it is accepted");
        all_loaded(&host, &folder).await;
        assert_eq!(version(&client).await, "version=00000000");
        let swap = async |new: Patched| host.until_loaded("versioned", || folder.write(FILE, new)).await;

        swap(Patched::version(1)).await;
        swap(Patched::version(2).set("prompts", 1)).await;
        swap(Patched::version(3).set("prompts", 1).set("resources", 1)).await;
        let heard = subscription.next().await.expect("the subscription goes on").expect("there is news");
        assert!(matches!(heard, ServerNotification::ResourceListChangedNotification(_)), "http: {http}: {heard:?}");
        swap(Patched::version(4).set("prompts", 1).set("resources", 1).set("tools", 1)).await;
        let heard = subscription.next().await.expect("the subscription goes on").expect("there is news");
        assert!(matches!(heard, ServerNotification::ToolListChangedNotification(_)), "http: {http}: {heard:?}");
        subscription.cancel().await.expect("it can be cancelled");
    }
}

#[tokio::test]
async fn a_plugin_that_says_its_list_changed_is_listed_again() {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("shared/other", "");
    folder.configure(&configuration("[plugins.probe.grants]\nfs = [{ host = \"shared\", guest = \"/shared\" }]"));
    let (_host, client) = serve(&folder).await;
    assert_eq!(client.tools().await.iter().filter(|name| *name == "probe__announce").count(), 1);

    folder.write("shared/extra", "");
    assert_eq!(client.text("probe__announce", json!({ "list": "resources" })).await, "announced");
    client.news.wait_for(&Heard::Resources).await;
    assert_eq!(client.news.all(), [Heard::Resources]);
}
