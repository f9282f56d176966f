"""Reads from the source of the `stripe` package which parameters operations take and which fields objects have.

The sandbox may not import the SDK, so what the SDK knows is written to `sandbox/stripe/schema/*.json`, and a test
compares the two. After an upgrade of the SDK: `PYTHONPATH=. python tests/sandbox/stripe/sdk_schema.py`.
"""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import stripe

SDK = Path(stripe.__file__).parent
SCHEMA = Path(__file__).parents[3] / "sandbox" / "stripe" / "schema"

#: Our name of the operation → module and class below `stripe.params`.
PARAMS = {
    "checkout.sessions.create": ("checkout/_session_create_params.py", "SessionCreateParams"),
    "checkout.sessions.update": ("checkout/_session_modify_params.py", "SessionModifyParams"),
    "checkout.sessions.retrieve": ("checkout/_session_retrieve_params.py", "SessionRetrieveParams"),
    "checkout.sessions.list": ("checkout/_session_list_params.py", "SessionListParams"),
    "checkout.sessions.expire": ("checkout/_session_expire_params.py", "SessionExpireParams"),
    "checkout.sessions.line_items": ("checkout/_session_list_line_items_params.py", "SessionListLineItemsParams"),
    "payment_intents.create": ("_payment_intent_create_params.py", "PaymentIntentCreateParams"),
    "payment_intents.retrieve": ("_payment_intent_retrieve_params.py", "PaymentIntentRetrieveParams"),
    "payment_intents.update": ("_payment_intent_modify_params.py", "PaymentIntentModifyParams"),
    "payment_intents.confirm": ("_payment_intent_confirm_params.py", "PaymentIntentConfirmParams"),
    "payment_intents.capture": ("_payment_intent_capture_params.py", "PaymentIntentCaptureParams"),
    "payment_intents.cancel": ("_payment_intent_cancel_params.py", "PaymentIntentCancelParams"),
    "payment_intents.list": ("_payment_intent_list_params.py", "PaymentIntentListParams"),
    "payment_intents.search": ("_payment_intent_search_params.py", "PaymentIntentSearchParams"),
    "payment_methods.create": ("_payment_method_create_params.py", "PaymentMethodCreateParams"),
    "payment_methods.retrieve": ("_payment_method_retrieve_params.py", "PaymentMethodRetrieveParams"),
    "charges.retrieve": ("_charge_retrieve_params.py", "ChargeRetrieveParams"),
    "charges.list": ("_charge_list_params.py", "ChargeListParams"),
    "balance_transactions.retrieve": ("_balance_transaction_retrieve_params.py", "BalanceTransactionRetrieveParams"),
    "balance_transactions.list": ("_balance_transaction_list_params.py", "BalanceTransactionListParams"),
    "refunds.create": ("_refund_create_params.py", "RefundCreateParams"),
    "refunds.retrieve": ("_refund_retrieve_params.py", "RefundRetrieveParams"),
    "refunds.update": ("_refund_modify_params.py", "RefundModifyParams"),
    "refunds.cancel": ("_refund_cancel_params.py", "RefundCancelParams"),
    "refunds.list": ("_refund_list_params.py", "RefundListParams"),
    "events.retrieve": ("_event_retrieve_params.py", "EventRetrieveParams"),
    "events.list": ("_event_list_params.py", "EventListParams"),
    "disputes.retrieve": ("_dispute_retrieve_params.py", "DisputeRetrieveParams"),
    "disputes.update": ("_dispute_modify_params.py", "DisputeModifyParams"),
    "disputes.close": ("_dispute_close_params.py", "DisputeCloseParams"),
    "disputes.list": ("_dispute_list_params.py", "DisputeListParams"),
    "reviews.retrieve": ("_review_retrieve_params.py", "ReviewRetrieveParams"),
    "reviews.approve": ("_review_approve_params.py", "ReviewApproveParams"),
    "reviews.list": ("_review_list_params.py", "ReviewListParams"),
    "radar.early_fraud_warnings.retrieve": (
        "radar/_early_fraud_warning_retrieve_params.py",
        "EarlyFraudWarningRetrieveParams",
    ),
    "radar.early_fraud_warnings.list": ("radar/_early_fraud_warning_list_params.py", "EarlyFraudWarningListParams"),
    "customers.create": ("_customer_create_params.py", "CustomerCreateParams"),
    "customers.retrieve": ("_customer_retrieve_params.py", "CustomerRetrieveParams"),
    "customers.list": ("_customer_list_params.py", "CustomerListParams"),
    "transfers.retrieve": ("_transfer_retrieve_params.py", "TransferRetrieveParams"),
    "transfers.list": ("_transfer_list_params.py", "TransferListParams"),
    "application_fees.retrieve": ("_application_fee_retrieve_params.py", "ApplicationFeeRetrieveParams"),
    "application_fees.list": ("_application_fee_list_params.py", "ApplicationFeeListParams"),
    "accounts.create": ("_account_create_params.py", "AccountCreateParams"),
    "accounts.retrieve": ("_account_retrieve_params.py", "AccountRetrieveParams"),
    "accounts.list": ("_account_list_params.py", "AccountListParams"),
    "balance.retrieve": ("_balance_retrieve_params.py", "BalanceRetrieveParams"),
    "webhook_endpoints.create": ("_webhook_endpoint_create_params.py", "WebhookEndpointCreateParams"),
    "webhook_endpoints.retrieve": ("_webhook_endpoint_retrieve_params.py", "WebhookEndpointRetrieveParams"),
    "webhook_endpoints.update": ("_webhook_endpoint_modify_params.py", "WebhookEndpointModifyParams"),
    "webhook_endpoints.delete": ("_webhook_endpoint_delete_params.py", "WebhookEndpointDeleteParams"),
    "webhook_endpoints.list": ("_webhook_endpoint_list_params.py", "WebhookEndpointListParams"),
}
#: Object (and the parts of objects that the sandbox fills) → module and class.
OBJECTS = {
    "checkout.session": ("checkout/_session.py", "Session"),
    "checkout.session.customer_details": ("checkout/_session.py", "Session.CustomerDetails"),
    "payment_intent": ("_payment_intent.py", "PaymentIntent"),
    "payment_intent.last_payment_error": ("_payment_intent.py", "PaymentIntent.LastPaymentError"),
    "charge": ("_charge.py", "Charge"),
    "charge.outcome": ("_charge.py", "Charge.Outcome"),
    "charge.payment_method_details.card": ("_charge.py", "Charge.PaymentMethodDetails.Card"),
    "charge.payment_method_details.card.three_d_secure": (
        "_charge.py",
        "Charge.PaymentMethodDetails.Card.ThreeDSecure",
    ),
    "charge.payment_method_details.us_bank_account": ("_charge.py", "Charge.PaymentMethodDetails.UsBankAccount"),
    "charge.payment_method_details.sepa_debit": ("_charge.py", "Charge.PaymentMethodDetails.SepaDebit"),
    "balance_transaction": ("_balance_transaction.py", "BalanceTransaction"),
    "refund": ("_refund.py", "Refund"),
    "transfer": ("_transfer.py", "Transfer"),
    "transfer_reversal": ("_transfer_reversal.py", "TransferReversal"),
    "application_fee": ("_application_fee.py", "ApplicationFee"),
    "fee_refund": ("_application_fee_refund.py", "ApplicationFeeRefund"),
    "customer": ("_customer.py", "Customer"),
    "payment_method": ("_payment_method.py", "PaymentMethod"),
    "payment_method.card": ("_payment_method.py", "PaymentMethod.Card"),
    "payment_method.us_bank_account": ("_payment_method.py", "PaymentMethod.UsBankAccount"),
    "payment_method.sepa_debit": ("_payment_method.py", "PaymentMethod.SepaDebit"),
    "dispute": ("_dispute.py", "Dispute"),
    "dispute.evidence": ("_dispute.py", "Dispute.Evidence"),
    "review": ("_review.py", "Review"),
    "radar.early_fraud_warning": ("radar/_early_fraud_warning.py", "EarlyFraudWarning"),
    "event": ("_event.py", "Event"),
    "account": ("_account.py", "Account"),
    "balance": ("_balance.py", "Balance"),
    "webhook_endpoint": ("_webhook_endpoint.py", "WebhookEndpoint"),
    "item": ("_line_item.py", "LineItem"),
    "price": ("_price.py", "Price"),
    "product": ("_product.py", "Product"),
}
#: Fields that Stripe leaves out unless something asks for them: expansion, deletion, creation, private preview.
LEFT_OUT = {
    "checkout.session": {"line_items"},
    "charge": {"refunds", "level3", "source", "presentment_details", "transfer"},
    "payment_intent": {"hooks", "payment_details", "presentment_details", "source"},
    "refund": {
        "failure_balance_transaction",
        "failure_reason",
        "instructions_email",
        "next_action",
        "presentment_details",
    },
    "event": {"account"},
    "account": {"company", "individual", "deleted", "groups"},
    "customer": {"cash_balance", "deleted", "sources", "subscriptions", "tax", "tax_ids"},
    "product": {"deleted", "url"},
    "price": {"currency_options", "deleted", "tiers"},
    "webhook_endpoint": {"deleted", "secret"},
    "balance": {"connect_reserved", "instant_available", "issuing", "risk_reserved"},
    "dispute": {"intended_submission_method", "network_reason_code", "payment_method_details"},
    "dispute.evidence": {"appeal"},
    "item": {"adjustable_quantity", "discounts", "taxes"},
}
LEAVES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "Decimal": "decimal",
    "Any": "any",
    "UntypedStripeObject": "hash",
}


def classes(path: Path) -> dict[str, ast.ClassDef]:
    """Every class of a module by its dotted name inside the module."""
    found: dict[str, ast.ClassDef] = {}

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for item in body:
            if isinstance(item, ast.ClassDef):
                found[prefix + item.name] = item
                walk(item.body, f"{prefix}{item.name}.")

    walk(ast.parse(path.read_text()).body, "")
    return found


def fields(cls: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The annotated fields of one class; `from_` and the like lose the underscore that Python forced on them."""
    for item in cls.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, unquoted(item.annotation)
        # A TypedDict whose keys are Python keywords is spelled as a call, followed by a class that inherits it.


def unquoted(node: ast.expr) -> ast.expr:
    """An annotation that was written as a string, parsed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return unquoted(ast.parse(node.value, mode="eval").body)
    return node


def alternatives(node: ast.expr) -> list[ast.expr]:
    """The members of `A | B`, `Union[A, B]`, or the one member of anything else."""
    node = unquoted(node)
    if isinstance(node, ast.BinOp):
        return alternatives(node.left) + alternatives(node.right)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Union":
        return [one for part in elements(node) for one in alternatives(part)]
    return [node]


def elements(node: ast.Subscript) -> list[ast.expr]:
    """What stands between the brackets."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


class Parameters:
    """One module of `stripe.params`, read as a tree of accepted parameters."""

    def __init__(self, path: Path) -> None:
        """Read the module; `classes` also holds those spelled as calls."""
        self.classes = classes(path)
        self.calls = {
            item.targets[0].id: item.value.args[1]
            for item in ast.parse(path.read_text()).body
            if isinstance(item, ast.Assign)
            and isinstance(item.targets[0], ast.Name)
            and isinstance(item.value, ast.Call)
            and len(item.value.args) == 2
        }

    def tree(self, name: str) -> dict[str, Any]:
        """The accepted fields of a TypedDict, and those that must be given."""
        named: dict[str, Any] = {}
        required = []
        for field, annotation in self.pairs(name):
            inner = annotation
            if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "NotRequired":
                inner = unquoted(annotation.slice)
            else:
                required.append(field)
            named[field] = self.node(inner)
        return {"fields": named, "required": required} if required else {"fields": named}

    def pairs(self, name: str) -> Iterator[tuple[str, ast.expr]]:
        """Field names and annotations, including those inherited inside the module."""
        if name in self.calls:
            table = self.calls[name]
            assert isinstance(table, ast.Dict)
            for key, value in zip(table.keys, table.values, strict=True):
                assert isinstance(key, ast.Constant)
                yield str(key.value), unquoted(value)
            return
        for base in self.classes[name].bases:
            if ast.unparse(base) in self.calls or ast.unparse(base) in self.classes:
                yield from self.pairs(ast.unparse(base))
        yield from fields(self.classes[name])

    def node(self, annotation: ast.expr) -> Any:
        """One annotation as a node of the tree."""
        parts = alternatives(annotation)
        literals = [
            str(ast.literal_eval(value))
            for part in parts
            if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "Literal"
            for value in elements(part)
        ]
        values = [value for value in literals if value]
        others: list[Any] = []
        for part in parts:
            if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "Literal":
                continue
            one = self.single(part)
            if one not in others and not (values and one == "string"):
                others.append(one)
        if "hash" in others:
            others = ["hash"]
        if values:
            others.insert(0, {"enum": values})
        chosen = others[0] if len(others) == 1 else {"any": others}
        return {"unset": chosen} if "" in literals else chosen

    def single(self, part: ast.expr) -> Any:
        """A part without alternatives."""
        if isinstance(part, ast.Subscript):
            outer = ast.unparse(part.value)
            if outer == "List":
                return {"list": self.node(part.slice)}
            if outer in {"Dict", "UntypedStripeObject"}:
                return "hash"
            raise ValueError(ast.unparse(part))
        name = ast.unparse(part)
        return LEAVES[name] if name in LEAVES else self.tree(name)


@cache
def parameters(operation: str) -> dict[str, Any]:
    """The tree of one operation."""
    module, name = PARAMS[operation]
    return Parameters(SDK / "params" / module).tree(name)


def by_resource() -> dict[str, dict[str, Any]]:
    """Resource → operation → tree: one file each."""
    grouped: dict[str, dict[str, Any]] = {}
    for operation in PARAMS:
        grouped.setdefault(operation.rpartition(".")[0], {})[operation] = parameters(operation)
    return grouped


def object_fields(name: str) -> list[str]:
    """The fields of an object that every response of it has; `object` and `id` first, as Stripe writes them."""
    module, cls = OBJECTS[name]
    out = LEFT_OUT.get(name, set()) | {
        "OBJECT_NAME",
        "_inner_class_types",
        "_inner_class_encodings",
        "_field_encodings",
    }
    if name == "payment_method":  # only the block of its own type is present
        kept = {"allow_redisplay", "billing_details", "created", "customer", "customer_account", "livemode", "metadata"}
        return ["id", "object", *sorted(kept), "radar_options", "type"]
    found = [field for field, _ in fields(classes(SDK / module)[cls]) if field not in out]
    return [one for one in ("id", "object") if one in found] + [one for one in found if one not in {"id", "object"}]


def text(trees: dict[str, Any]) -> str:
    """The file of one resource: a line for each operation keeps differences readable."""
    lines = [f'"{name}": {json.dumps(tree, separators=(",", ":"))}' for name, tree in sorted(trees.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    SCHEMA.mkdir(exist_ok=True)
    for resource, trees in by_resource().items():
        (SCHEMA / f"{resource}.json").write_text(text(trees))
    (SCHEMA / "objects.json").write_text(text({name: object_fields(name) for name in OBJECTS}))
