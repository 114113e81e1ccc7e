"""What the suite does with kubectl: stories of steps, each in a namespace of its own."""

import json
import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One kubectl command.

    Attributes:
        arguments: as typed after `kubectl`; `{ns}` is the story's namespace.
        code: the exit code that any server gives.
        stdin: what is piped in.
        user: whose kubeconfig.
        only_code: the text is the server's own business, only the exit code is compared.
    """

    arguments: str
    code: int = 0
    stdin: str = ""
    user: str = "admin"
    only_code: bool = False


@dataclass(frozen=True)
class Story:
    """Steps that build on each other; the namespace is made before and deleted after.

    Attributes:
        name: short, for test ids and the namespace.
        steps: what is done.
        cluster_objects: what it leaves outside its namespace, to be deleted after it.
        custom_objects: whether it creates custom objects, which one build of the real server does not survive.
    """

    name: str
    steps: tuple[Step, ...]
    cluster_objects: tuple[str, ...] = ()
    custom_objects: bool = False

    @property
    def namespace(self) -> str:
        """The story's namespace."""
        return f"story-{self.name}"


_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: nginx:1.27
        ports: [{containerPort: 80, name: http}]
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 0.5Gi}}
"""
_DEPLOYMENT_2 = _DEPLOYMENT.replace('{name: B, value: "2"}', '{name: C, value: "3"}').replace(
    "nginx:1.27", "nginx:1.28"
)
_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  loadBalancerIP: 203.0.113.77
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
"""
_CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "%s", b: "2"}
"""
_GPU_POD = """
apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  %s
  containers: [{name: main, image: cuda, resources: {limits: {%s}}}]
"""
_CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {size: {type: integer, minimum: 1}, color: {type: string, default: red}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
_WIDGET = """
apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: %s}
"""
_ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: story-everything}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
"""
_STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: pg, volumeMounts: [{name: data, mountPath: /d}]}]}
  volumeClaimTemplates:
  - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
"""
_DAEMON = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: main, image: agent}]}
"""
_JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox}]}}}
"""

_ON_THE_FIRST_NODE = json.dumps(
    {"apiVersion": "v1", "spec": {"nodeSelector": {"kubernetes.io/hostname": "gke-c-default-pool-1a2b-0000"}}},
    separators=(",", ":"),
)

STORIES = (
    Story(
        "pods",
        (
            Step(
                # Which of two nodes is emptier depends on what other stories run there at the moment.
                "run x --image=busybox --labels=app=x,tier=one --port=8080"
                f" --overrides={shlex.quote(_ON_THE_FIRST_NODE)} -- sleep 3600"
            ),
            Step("wait --for=condition=Ready pod/x --timeout=20s"),
            Step("get pods"),
            Step("get pod x -o wide --no-headers"),
            Step("get pod x -o name"),
            Step("get pods -l app=x,tier!=two -o jsonpath={.items[*].metadata.name}"),
            Step("get pods -l tier --show-labels"),
            Step("get pods -l tier=two"),
            Step("get pods --field-selector status.phase=Running -o name"),
            Step("get pods --field-selector=status.phase!=Running"),
            Step("get pod x -o json"),
            Step("get pod x -o jsonpath={.spec.containers[0].args}"),
            Step("get pod x -o custom-columns=NAME:.metadata.name,PHASE:.status.phase"),
            Step("logs x"),
            Step("logs x -c main2", code=1),
            Step("logs x --tail=1"),
            Step("label pod x more=yes"),
            Step("label pod x tier=two", code=1),
            Step("label pod x tier=two --overwrite"),
            Step("label pod x more-"),
            Step("annotate pod x note=hello"),
            Step("get pod x -o jsonpath={.metadata.labels}{.metadata.annotations}"),
            Step("describe pod x", only_code=True),
            Step("get events --field-selector involvedObject.name=x,reason=Scheduled -o jsonpath={.items[*].reason}"),
            Step("delete pod x --timeout=20s"),
            Step("get pod x", code=1),
            Step("delete pod x", code=1),
            Step("delete pod x --ignore-not-found"),
            Step("get pods"),
        ),
    ),
    Story(
        "apply",
        (
            Step("apply -f - --dry-run=server", stdin=_DEPLOYMENT),
            Step("apply -f - --dry-run=client", stdin=_DEPLOYMENT),
            Step("diff -f -", code=1, stdin=_DEPLOYMENT, only_code=True),
            Step("apply -f -", stdin=_DEPLOYMENT),
            Step("apply -f -", stdin=_DEPLOYMENT),
            Step("diff -f -", stdin=_DEPLOYMENT),
            Step("apply -f -", stdin=_DEPLOYMENT_2),
            Step("get deployment web -o jsonpath={.spec.template.spec.containers[0].env}"),
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("get deployment web"),
            Step("get deployment web -o wide"),
            Step("get deployment web -o json"),
            Step("get rs -l app=web --no-headers -o custom-columns=R:.spec.replicas --sort-by=.spec.replicas"),
            Step("apply -f -", stdin=_DEPLOYMENT + "---" + _SERVICE),
            Step("apply view-last-applied deployment/web"),
            Step("delete -f - --timeout=20s", stdin=_DEPLOYMENT + "---" + _SERVICE),
            Step("get deployments,services,pods -l app=web"),
        ),
    ),
    Story(
        "server-side",
        (
            Step("apply --server-side -f - --field-manager=one", stdin=_CONFIG % "1"),
            Step("apply --server-side -f - --field-manager=one", stdin=_CONFIG % "1"),
            Step("apply --server-side -f - --field-manager=two", code=1, stdin=_CONFIG % "3"),
            Step("get configmap settings -o jsonpath={.data}"),
            Step("apply --server-side -f - --field-manager=two --force-conflicts", stdin=_CONFIG % "3"),
            Step("get configmap settings -o jsonpath={.data}"),
            Step("get configmap settings --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}"),
            Step(
                "apply --server-side -f - --field-manager=one",
                stdin="{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {c: '4'}}",
            ),
            Step("get configmap settings -o jsonpath={.data}"),
            Step("apply --server-side -f -", stdin=_DEPLOYMENT),
            Step("apply --server-side -f -", stdin=_DEPLOYMENT_2),
            Step("get deployment web -o jsonpath={.spec.template.spec.containers[0].env}"),
            Step('patch deployment web --field-manager=other -p \'{"spec":{"replicas":3}}\''),
            Step("apply --server-side -f -", code=1, stdin=_DEPLOYMENT),
            Step("apply --server-side --force-conflicts -f -", stdin=_DEPLOYMENT),
            Step("get deployment web -o jsonpath={.spec.replicas}"),
        ),
    ),
    Story(
        "rollouts",
        (
            Step("create deployment web --image=nginx --replicas=3"),
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("set image deployment/web nginx=nginx:2"),
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("rollout history deployment/web"),
            Step("rollout undo deployment/web"),
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("rollout history deployment/web"),
            Step("rollout restart deployment/web"),
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("scale deployment/web --replicas=1"),
            Step("wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=20s"),
            Step("scale deployment/web --replicas=2 --current-replicas=5", code=1),
            Step("get deployment web -o jsonpath={.spec.replicas}"),
            Step("rollout pause deployment/web"),
            Step("rollout resume deployment/web"),
            Step("delete deployment web --cascade=orphan"),
            Step("get rs -o name --sort-by=.spec.replicas", only_code=True),
            Step("delete rs --all --timeout=20s", only_code=True),
            Step("wait --for=delete pod -l app=web --timeout=20s", only_code=True),
            Step("get pods"),
        ),
    ),
    Story(
        "patches",
        (
            Step("create -f -", stdin=_DEPLOYMENT),
            Step('patch deployment web --type=merge -p \'{"spec":{"replicas":1}}\''),
            # kubectl says "no change" only when no controller changed the status meanwhile.
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=20s"),
            Step('patch deployment web --type=merge -p \'{"spec":{"replicas":1}}\''),
            Step(
                'patch deployment web -p \'{"spec":{"template":{"spec":{"containers":'
                '[{"name":"main","env":[{"name":"C","value":"3"}]}]}}}}\''
            ),
            Step(
                'patch deployment web -p \'{"spec":{"template":{"spec":{"containers":'
                '[{"name":"side","image":"side"}]}}}}\''
            ),
            Step("get deployment web -o jsonpath={.spec.template.spec.containers}"),
            Step(
                'patch deployment web -p \'{"spec":{"template":{"spec":{"containers":'
                '[{"name":"side","$patch":"delete"}]}}}}\''
            ),
            Step("get deployment web -o jsonpath={.spec.template.spec.containers[*].name}"),
            Step(
                "patch deployment web --type=json -p "
                '\'[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"nginx:9"},'
                '{"op":"add","path":"/metadata/labels/new","value":"yes"}]\''
            ),
            Step(
                'patch deployment web --type=json -p \'[{"op":"test","path":"/spec/replicas","value":9}]\'',
                code=1,
            ),
            Step('patch deployment web --type=json -p \'[{"op":"remove","path":"/spec/nothing"}]\'', code=1),
            Step('patch deployment web --type=merge -p \'{"spec":{"replicas":"x"}}\'', code=1, only_code=True),
            Step('patch deployment web --type=merge -p \'{"spec":{"selector":{"matchLabels":{"app":"y"}}}}\'', code=1),
            Step("set env deployment/web A- D=4"),
            Step("get deployment web -o jsonpath={.spec.template.spec.containers[0].env}"),
            Step("set resources deployment/web --limits=cpu=200m,memory=512Mi"),
            Step("get deployment web -o jsonpath={.spec.template.spec.containers[0].resources}"),
            Step("patch deployment missing --type=merge -p '{}'", code=1),
            Step('patch deployment web --subresource=status --type=merge -p \'{"status":{"collisionCount":1}}\''),
            Step("get deployment web -o jsonpath={.status.collisionCount}"),
        ),
    ),
    Story(
        "config",
        (
            Step("create configmap c --from-literal=a=1 --from-literal=b=2"),
            Step("create configmap c --from-literal=a=1", code=1),
            Step("get configmap c"),
            Step("get configmap c -o yaml"),
            Step("create secret generic s --from-literal=password=secret"),
            Step("get secret s"),
            Step("get secret s -o jsonpath={.data.password}"),
            Step("get secret s -o yaml"),
            Step("create secret docker-registry r --docker-server=x.io --docker-username=u --docker-password=p"),
            Step("get secret r -o jsonpath={.type}"),
            Step("create serviceaccount robot"),
            Step("get serviceaccounts --no-headers -o custom-columns=N:.metadata.name"),
            Step("create token robot", only_code=True),
            Step("create token missing", code=1),
            Step("get configmap kube-root-ca.crt -o name"),
            Step("patch configmap c --type=merge -p '{\"immutable\":true}'"),
            Step('patch configmap c --type=merge -p \'{"data":{"a":"9"}}\'', code=1),
            Step("delete configmap c secret/s", code=1),
            Step("delete configmap/c secret/s"),
            Step("get configmap,secret -o name"),
            Step("delete configmap --all"),
            Step("create quota q --hard=pods=2"),
            Step("get quota q -o jsonpath={.spec.hard.pods}"),
        ),
    ),
    Story(
        "refusals",
        (
            Step("get nothing", code=1),
            Step("get pod missing", code=1),
            Step("create namespace {ns}", code=1),
            Step("create namespace Not_A_Name", code=1),
            Step("run Bad_Name --image=x", code=1),
            Step("get pods -l a=b=c", code=1),
            Step("get pods --field-selector spec.unknown=1", code=1),
            Step(
                "create -f -", code=1, stdin="{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: []}}"
            ),
            Step(
                "create -f - --validate=false",
                code=1,
                stdin="{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c}]}}",
            ),
            Step(
                "create -f -",
                code=1,
                stdin="{apiVersion: v1, kind: Pod, metadata: {name: p}, "
                "spec: {restartPolicy: Sometimes, containers: [{name: c, image: i}, {name: c, image: i}]}}",
            ),
            Step("create -f -", code=1, stdin="{apiVersion: v9, kind: Pod, metadata: {name: p}}"),
            Step("create -f -", code=1, stdin="{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {}}"),
            Step(
                "create -f -",
                code=1,
                stdin="{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 99999}]}}",
            ),
            Step(
                "create -f -",
                code=1,
                stdin="{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: "
                "{a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c, image: i}]}}}}",
            ),
            Step(
                "create -f -", code=1, stdin="{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {'a b': x}}"
            ),
            Step("label node --all bad_key!=x", code=1),
            Step("get pods -n missing"),
            Step("run p --image=x -n missing", code=1),
            Step("delete namespace missing", code=1),
            Step("delete namespace kube-system", code=1),
        ),
    ),
    Story(
        "access",
        (
            Step("auth can-i create pods"),
            Step("auth can-i '*' '*' --all-namespaces"),
            Step("auth can-i create pods", code=1, user="viewer"),
            Step("auth can-i list pods", user="viewer"),
            Step("auth can-i get pods --subresource=log", code=1, user="viewer"),
            Step("auth can-i list pods", code=1, user="nobody"),
            Step("get pods", user="viewer"),
            Step("get secrets", code=1, user="viewer"),
            Step("get secret x", code=1, user="viewer"),
            Step("get nodes", code=1, user="nobody"),
            Step("run p --image=x", code=1, user="viewer"),
            Step("delete pods --all", code=1, user="nobody"),
            Step("get pods", code=1, user="stranger"),
            Step("create role reader --verb=get,list --resource=secrets"),
            Step("create rolebinding readers --role=reader --user=viewer@example.com"),
            Step("get secrets -o name", user="viewer"),
            Step("auth can-i get secrets", user="viewer"),
            Step("auth can-i delete secrets", code=1, user="viewer"),
            Step("get secrets -n default", code=1, user="viewer"),
            Step("auth can-i --list", only_code=True, user="viewer"),
            Step("get role reader"),
            Step("get rolebinding readers -o wide"),
            Step("describe role reader"),
            Step("create clusterrolebinding story-admins --clusterrole=cluster-admin --user=nobody@example.com"),
            Step("auth can-i delete nodes", user="nobody"),
            Step("delete clusterrolebinding story-admins"),
            Step("auth can-i delete nodes", code=1, user="nobody"),
            Step("create rolebinding makers --clusterrole=admin --user=viewer@example.com"),
            Step("create role more --verb=get --resource=nodes", code=1, user="viewer", only_code=True),
            Step("apply -f -", code=1, stdin=_ROLE, user="viewer"),
            Step("auth can-i get pods --as=viewer@example.com"),
            Step("auth can-i get nodes --as=system:serviceaccount:{ns}:default", code=1),
        ),
        cluster_objects=("clusterrolebinding/story-admins", "clusterrole/story-everything"),
    ),
    Story(
        "nodes",
        (
            Step("get nodes"),
            Step("get nodes -o wide"),
            Step("get nodes -l cloud.google.com/gke-nodepool=gpu -o name"),
            Step("get node gke-c-gpu-1a2b-0002 -o json"),
            Step("get nodes -L cloud.google.com/gke-nodepool --no-headers"),
            Step("cordon gke-c-default-pool-1a2b-0001"),
            Step("get node gke-c-default-pool-1a2b-0001 --no-headers"),
            Step("uncordon gke-c-default-pool-1a2b-0001"),
            Step("taint node gke-c-default-pool-1a2b-0001 a=b:NoSchedule"),
            Step("taint node gke-c-default-pool-1a2b-0001 a-"),
            Step("label node gke-c-default-pool-1a2b-0001 mine=yes"),
            Step("label node gke-c-default-pool-1a2b-0001 mine-"),
            Step("apply -f -", stdin=_GPU_POD % ("gpu", "", "nvidia.com/gpu: 1")),
            Step("wait --for=condition=Ready pod/gpu --timeout=20s"),
            Step("get pod gpu -o jsonpath={.spec.nodeName}{.spec.tolerations[*].key}", only_code=True),
            Step("apply -f -", stdin=_GPU_POD % ("toomany", "", "nvidia.com/gpu: 9")),
            Step("apply -f -", stdin=_GPU_POD % ("big", "nodeSelector: {a: b}", "cpu: 1")),
            Step("wait --for=condition=PodScheduled=false pod/big pod/toomany --timeout=20s"),
            Step("get pod big toomany -o jsonpath={.items[*].status.conditions[*].message}"),
            Step("get pods"),
            Step("delete pods --all --timeout=20s", only_code=True),
            Step("describe node gke-c-gpu-1a2b-0002", only_code=True),
            Step("get leases -n kube-node-lease -o name"),
        ),
    ),
    Story(
        "services",
        (
            Step("apply -f -", stdin=_DEPLOYMENT + "---" + _SERVICE),
            Step("rollout status deployment/web --timeout=20s", only_code=True),
            Step("wait --for=jsonpath={.status.loadBalancer.ingress[0].ip}=203.0.113.77 service/web --timeout=20s"),
            Step("get service web"),
            Step("get service web -o wide --no-headers"),
            Step("get service web -o json"),
            Step("get endpoints web -o jsonpath={.subsets[*].ports}"),
            Step("expose deployment web --name=again --port=8080 --target-port=80"),
            Step("get service again -o jsonpath={.spec.ports}{.spec.type}{.spec.selector}"),
            Step("create service clusterip none --clusterip=None --tcp=80"),
            Step("get service none"),
            Step('patch service again --type=merge -p \'{"spec":{"clusterIP":"34.118.224.99"}}\'', code=1),
            Step('patch service again --type=merge -p \'{"spec":{"type":"NodePort"}}\''),
            Step("get service again --no-headers"),
            Step("delete services --all --timeout=20s", only_code=True),
            Step("get services,endpoints"),
        ),
    ),
    Story(
        "workloads",
        (
            Step("apply -f -", stdin=_STATEFUL),
            Step("apply -f -", stdin=_DAEMON),
            Step("apply -f -", stdin=_JOB),
            Step("rollout status statefulset/db --timeout=20s", only_code=True),
            Step("rollout status daemonset/agent --timeout=20s", only_code=True),
            Step("wait --for=jsonpath={.status.active}=1 job/j --timeout=20s"),
            Step("get statefulset,daemonset"),
            Step("get statefulset,daemonset -o wide"),
            Step("get job j -o jsonpath={.status.active}{.spec.completions}{.spec.backoffLimit}"),
            Step("get pvc"),
            Step("get pods -l app=db -o jsonpath={.items[*].metadata.name}"),
            Step("get statefulset db -o json"),
            Step("get daemonset agent -o json"),
            Step("scale statefulset/db --replicas=1"),
            Step("wait --for=delete pod/db-1 --timeout=20s", only_code=True),
            Step("delete statefulset/db daemonset/agent job/j --timeout=20s"),
            Step("wait --for=delete pods --all --timeout=20s", only_code=True),
            Step("delete pvc --all --timeout=20s"),
            Step("get all,pvc"),
        ),
    ),
    Story(
        "custom",
        (
            Step("apply -f -", stdin=_CRD),
            Step("wait --for=condition=Established crd/widgets.example.com --timeout=20s"),
            Step("apply -f -", stdin=_WIDGET % 3),
            Step("get widgets"),
            Step("get wd one -o json"),
            Step("create -f -", code=1, stdin=(_WIDGET % 0).replace("one", "two")),
            Step("create -f -", code=1, stdin=(_WIDGET % "many").replace("one", "two")),
            Step('patch widget one --type=merge -p \'{"spec":{"size":4}}\''),
            Step('patch widget one -p \'{"spec":{"size":4}}\'', code=1),
            Step("get widget one -o jsonpath={.spec.size}"),
            Step("get crd widgets.example.com -o jsonpath={.spec.names}", only_code=True),
            Step("delete widget one"),
            Step("delete crd widgets.example.com --timeout=20s"),
            Step("get widgets", code=1),
        ),
        cluster_objects=("crd/widgets.example.com",),
        custom_objects=True,
    ),
    Story(
        "discovery",
        (
            Step("api-versions", only_code=True),
            Step("api-resources", only_code=True),
            Step("version", only_code=True),
            Step("cluster-info", only_code=True),
            Step("explain pods.spec.containers.image", only_code=True),
            Step("get --raw /healthz"),
            Step("get --raw /readyz"),
            Step("get --raw /api/v1/namespaces/{ns}/configmaps/nothing", code=1),
            Step("get ns {ns}"),
            Step("get ns {ns} -o jsonpath={.spec.finalizers}{.status.phase}"),
            Step("get storageclass"),
            Step("get sc standard-rwo -o json"),
            Step("get componentstatuses", only_code=True),
            Step("get priorityclasses"),
            Step("get clusterroles cluster-admin admin edit view -o name"),
            Step("get all -n kube-system -o name -l k8s-app=kube-dns", only_code=True),
            Step("create namespace {ns}-2"),
            Step("delete namespace {ns}-2 --timeout=30s"),
            Step("get namespace {ns}-2", code=1),
        ),
    ),
)
