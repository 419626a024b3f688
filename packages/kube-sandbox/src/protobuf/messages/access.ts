/** Who may do what: see message-table.ts for how this is read. Numbers are those of k8s.io/api 0.36. */
export const ACCESS_MESSAGES = `
rbac.authorization.k8s.io/v1.Role:
  1 metadata ObjectMeta, 2 rules []PolicyRule
PolicyRule:
  1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string, 5 nonResourceURLs []string
rbac.authorization.k8s.io/v1.RoleBinding:
  1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef
Subject:
  1 kind! string, 2 apiGroup string, 3 name! string, 4 namespace string
RoleRef:
  1 apiGroup! string, 2 kind! string, 3 name! string
rbac.authorization.k8s.io/v1.ClusterRole:
  1 metadata ObjectMeta, 2 rules []PolicyRule, 3 aggregationRule AggregationRule
AggregationRule:
  1 clusterRoleSelectors []LabelSelector
rbac.authorization.k8s.io/v1.ClusterRoleBinding:
  1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef
authorization.k8s.io/v1.SelfSubjectAccessReview:
  1 metadata ObjectMeta, 2 spec SelfSubjectAccessReviewSpec, 3 status SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec:
  1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes
ResourceAttributes:
  1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, 6 subresource string,
  7 name string, 8 fieldSelector FieldSelectorAttributes, 9 labelSelector LabelSelectorAttributes
FieldSelectorAttributes:
  1 rawSelector string, 2 requirements []FieldSelectorRequirement
LabelSelectorAttributes:
  1 rawSelector string, 2 requirements []LabelSelectorRequirement
NonResourceAttributes:
  1 path string, 2 verb string
SubjectAccessReviewStatus:
  1 allowed! bool, 4 denied bool, 2 reason string, 3 evaluationError string
authorization.k8s.io/v1.SelfSubjectRulesReview:
  1 metadata ObjectMeta, 2 spec SelfSubjectRulesReviewSpec, 3 status SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec:
  1 namespace string
SubjectRulesReviewStatus:
  1 resourceRules []ResourceRule, 2 nonResourceRules []NonResourceRule, 3 incomplete! bool, 4 evaluationError string
ResourceRule:
  1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string
NonResourceRule:
  1 verbs []string, 2 nonResourceURLs []string
`;
