/** Address of the Temporal Web UI's list of workflows in that namespace; its front page shows those of `default`. */
export function workflowsPage(uiUrl: string, namespace: string): string {
  return `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}
