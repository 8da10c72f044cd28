"""The namespaces of `Rest` and `AsyncRest`, one method for each endpoint. Made by `python -m tools.endpoints stubs`.

Parameters have OKX's names (`from` is `from_`, since Python keeps it to itself). In every method:

extra: parameters that are not listed yet; sent as given. timeout: seconds for the whole call.
limit_mode: wait for a place in the rate limit, or fail at once. exp_time: Unix ms after which OKX drops the request.
Raises `ParameterError` before anything is sent if a parameter is missing or unknown, and `ApiError` as OKX answers.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from okx_fast._native import Num
from okx_fast.rest import models

Text: TypeAlias = str | int | Decimal | Num
# In a query, several values go as one text with commas.
Query: TypeAlias = Text | Sequence[str]
Texts: TypeAlias = str | Sequence[str]
Object: TypeAlias = Mapping[str, Any]
LimitMode: TypeAlias = Literal["wait", "fail"]

class Account:
    """`/api/v5/account`."""

    def account_level_switch_preset(
        self,
        *,
        acctLv: Text,
        lever: Text | None = None,
        riskOffsetType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Store leverage or risk settings ahead of a change of account mode.

        POST /api/v5/account/account-level-switch-preset, permission trade, limit 5 in 2 s per user.
        Some cases need lever, riskOffsetType.
        OKX: Trading Account › REST API › Preset account mode switch.
        """
    def account_position_risk(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Equity and positions of the account, taken at one instant.

        GET /api/v5/account/account-position-risk, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get account and position risk.
        """
    def activate_feature(
        self,
        *,
        feature: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Switch on a feature that an account has to agree to first.

        POST /api/v5/account/activate-feature, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Activate feature.
        """
    def activate_option(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Switch on options trading.

        POST /api/v5/account/activate-option, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Activate option.
        """
    def adjust_leverage_info(
        self,
        *,
        instType: Query,
        mgnMode: Query,
        lever: Query,
        instId: Query | None = None,
        ccy: Query | None = None,
        posSide: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What a new leverage would mean: margin, largest size, available equity.

        GET /api/v5/account/adjust-leverage-info, permission read, limit 5 in 2 s per user.
        Some cases need instId, ccy.
        OKX: Trading Account › REST API › Get leverage estimated info.
        """
    def apply_bills_history_archive(
        self,
        *,
        year: Text,
        quarter: Text,
        type: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Order a file with the account's bills of one quarter; `bills_history_archive` has its link later.

        POST /api/v5/account/bills-history-archive, permission read, limit 1 in 10 s per user.
        OKX: Trading Account › REST API › Apply bills details (since 2021).
        """
    def balance(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.Balance:
        """Equity, margin and a row per currency of the trading account.

        GET /api/v5/account/balance, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get balance.
        """
    def bills(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        mgnMode: Query | None = None,
        ctType: Query | None = None,
        type: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Bill]:
        """What changed the trading account's balances in the last 7 days.

        GET /api/v5/account/bills, permission read, limit 5 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Account › REST API › Get bills details (last 7 days).
        """
    def bills_archive(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        mgnMode: Query | None = None,
        ctType: Query | None = None,
        type: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Bill]:
        """What changed the trading account's balances in the last 3 months.

        GET /api/v5/account/bills-archive, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Account › REST API › Get bills details (last 3 months).
        """
    def bills_history_archive(
        self,
        *,
        year: Query,
        quarter: Query,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Link to the file of bills ordered before, valid for some hours.

        GET /api/v5/account/bills-history-archive, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get bills details (since 2021).
        """
    def collateral_assets(
        self,
        *,
        ccy: Query | None = None,
        collateralEnabled: bool | str | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Which currencies count as collateral.

        GET /api/v5/account/collateral-assets, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Get collateral assets.
        """
    def config(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> models.AccountConfig:
        """Account mode, position mode, and what the key itself may do.

        GET /api/v5/account/config, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Get account configuration.
        """
    def demo_adjust_balance(
        self,
        *,
        type: Text,
        adjustments: Sequence[Object],
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add or take away demo funds; demo trading only.

        POST /api/v5/account/demo-adjust-balance, permission trade, limit 1 in 2 s per user.
        adjustments: objects of ccy (needed), amt (needed).
        OKX: Trading Account › REST API › Adjust demo account balance.
        """
    def greeks(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Greeks of the account per currency.

        GET /api/v5/account/greeks, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get Greeks.
        """
    def instruments(
        self,
        *,
        instType: Query,
        seriesId: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Instrument]:
        """Instruments that this account may trade.

        GET /api/v5/account/instruments, permission read, limit 20 in 2 s per user and type of instrument.
        Some cases need seriesId, instFamily.
        OKX: Trading Account › REST API › Get instruments.
        """
    def interest_accrued(
        self,
        *,
        type: Query | None = None,
        ccy: Query | None = None,
        instId: Query | None = None,
        mgnMode: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Interest charged on borrowings, hour by hour.

        GET /api/v5/account/interest-accrued, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Account › REST API › Get interest accrued data.
        """
    def interest_limits(
        self,
        *,
        type: Query | None = None,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Borrowing limits and interest by currency.

        GET /api/v5/account/interest-limits, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Get borrow interest and limit.
        """
    def interest_rate(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Current hourly borrowing rates of the account.

        GET /api/v5/account/interest-rate, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Get interest rate.
        """
    def leverage_info(
        self,
        *,
        mgnMode: Query,
        instId: Query | None = None,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Leverage]:
        """Leverage set for an instrument or a currency.

        GET /api/v5/account/leverage-info, permission read, limit 20 in 2 s per user.
        Some cases need instId, ccy.
        OKX: Trading Account › REST API › Get leverage.
        """
    def max_avail_size(
        self,
        *,
        instId: Query,
        tdMode: Query,
        ccy: Query | None = None,
        reduceOnly: bool | str | None = None,
        px: Query | None = None,
        tradeQuoteCcy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MaxAvailSize]:
        """Balance or equity left for one more order.

        GET /api/v5/account/max-avail-size, permission read, limit 20 in 2 s per user.
        Some cases need ccy.
        OKX: Trading Account › REST API › Get maximum available balance/equity.
        """
    def max_loan(
        self,
        *,
        mgnMode: Query,
        instId: Query | None = None,
        ccy: Query | None = None,
        mgnCcy: Query | None = None,
        tradeQuoteCcy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How much can be borrowed to trade an instrument.

        GET /api/v5/account/max-loan, permission read, limit 20 in 2 s per user.
        Some cases need instId, ccy, mgnCcy.
        OKX: Trading Account › REST API › Get the maximum loan of instrument.
        """
    def max_size(
        self,
        *,
        instId: Query,
        tdMode: Query,
        ccy: Query | None = None,
        px: Query | None = None,
        leverage: Query | None = None,
        tradeQuoteCcy: Query | None = None,
        outcome: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MaxSize]:
        """Largest order that the account could place, on either side.

        GET /api/v5/account/max-size, permission read, limit 20 in 2 s per user.
        Some cases need ccy.
        OKX: Trading Account › REST API › Get maximum order quantity.
        """
    def max_withdrawal(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MaxWithdrawal]:
        """How much of a currency may leave the trading account.

        GET /api/v5/account/max-withdrawal, permission read, limit 20 in 2 s per user.
        OKX: Trading Account › REST API › Get maximum withdrawals.
        """
    def mmp_config(
        self,
        *,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Market maker protection of option families, as set.

        GET /api/v5/account/mmp-config, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › GET MMP Config.
        """
    def mmp_reset(
        self,
        *,
        instFamily: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Unfreeze market maker protection.

        POST /api/v5/account/mmp-reset, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Reset MMP Status.
        """
    def move_positions(
        self,
        *,
        fromAcct: Text,
        toAcct: Text,
        legs: Sequence[Object],
        clientId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Move positions between accounts of one master account, at the mark price.

        POST /api/v5/account/move-positions, permission trade, limit 1 in 1 s per master account.
        legs: objects of from (needed), from.posId (needed), from.sz (needed), from.side (needed), to (needed),
        to.tdMode, to.posSide, to.ccy.
        OKX: Trading Account › REST API › Move positions.
        """
    def move_positions_history(
        self,
        *,
        blockTdId: Query | None = None,
        clientId: Query | None = None,
        beginTs: Query | None = None,
        endTs: Query | None = None,
        limit: Query | None = None,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Moved positions of the last days.

        GET /api/v5/account/move-positions-history, permission read, limit 2 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Account › REST API › Get move positions history.
        """
    def position_builder(
        self,
        *,
        acctLv: Text | None = None,
        inclRealPosAndEq: bool | None = None,
        lever: Text | None = None,
        simPos: Sequence[Object] | None = None,
        simAsset: Sequence[Object] | None = None,
        greeksType: Text | None = None,
        idxVol: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Compute margin and risk of imagined positions and assets.

        POST /api/v5/account/position-builder, permission read, limit 2 in 2 s per user.
        simPos: objects of instId (needed), pos (needed), avgPx (needed), lever.
        simAsset: objects of ccy (needed), amt (needed).
        OKX: Trading Account › REST API › Position builder (new).
        """
    def position_builder_graph(
        self,
        *,
        type: Text,
        mmrConfig: Object,
        inclRealPosAndEq: bool | None = None,
        simPos: Sequence[Object] | None = None,
        simAsset: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Maintenance margin of imagined positions over a range of prices.

        POST /api/v5/account/position-builder-graph, permission read, limit 1 in 5 s per user.
        mmrConfig: an object of acctLv, lever.
        simPos: objects of instId (needed), pos (needed), avgPx (needed), lever.
        simAsset: objects of ccy (needed), amt (needed).
        OKX: Trading Account › REST API › Position builder trend graph.
        """
    def position_margin_balance(
        self,
        *,
        instId: Text,
        posSide: Text,
        type: Text,
        amt: Text,
        ccy: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add margin to an isolated position, or take some out.

        POST /api/v5/account/position/margin-balance, permission trade, limit 20 in 2 s per user.
        Some cases need ccy.
        OKX: Trading Account › REST API › Increase/decrease margin.
        """
    def position_tiers(
        self,
        *,
        instType: Query,
        instFamily: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Largest positions under portfolio margin.

        GET /api/v5/account/position-tiers, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get PM position limitation.
        """
    def positions(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        posId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Position]:
        """Open positions.

        GET /api/v5/account/positions, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get positions.
        """
    def positions_history(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        mgnMode: Query | None = None,
        type: Query | None = None,
        posId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.PositionRecord]:
        """Positions closed or changed in the last 3 months.

        GET /api/v5/account/positions-history, permission read, limit 10 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Account › REST API › Get positions history.
        """
    def precheck_set_delta_neutral(
        self,
        *,
        stgyType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What stands in the way of the delta neutral strategy.

        GET /api/v5/account/precheck-set-delta-neutral, permission read, limit 1 in 2 s per user.
        OKX: Trading Account › REST API › Precheck set delta neutral.
        """
    def risk_state(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Whether portfolio margin is close to automatic borrowing or liquidation.

        GET /api/v5/account/risk-state, permission read, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Get account risk state.
        """
    def set_account_level(
        self,
        *,
        acctLv: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change the account mode: spot, futures, multi-currency or portfolio margin.

        POST /api/v5/account/set-account-level, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Set account mode.
        """
    def set_account_switch_precheck(
        self,
        *,
        acctLv: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What stands in the way of another account mode.

        GET /api/v5/account/set-account-switch-precheck, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Precheck account mode switch.
        """
    def set_auto_earn(
        self,
        *,
        ccy: Text,
        action: Text,
        earnType: Text | None = None,
        apr: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Let idle currency earn by itself, or stop that.

        POST /api/v5/account/set-auto-earn, permission trade, limit 2 in 2 s per user.
        Some cases need apr.
        OKX: Trading Account › REST API › Set auto earn.
        """
    def set_auto_loan(
        self,
        *,
        autoLoan: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Allow or forbid borrowing without being asked.

        POST /api/v5/account/set-auto-loan, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Set auto loan.
        """
    def set_auto_repay(
        self,
        *,
        autoRepay: bool,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Allow or forbid repaying spot borrowings without being asked.

        POST /api/v5/account/set-auto-repay, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Set auto repay.
        """
    def set_collateral_assets(
        self,
        *,
        type: Text,
        collateralEnabled: bool,
        ccyList: Texts | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose which currencies count as collateral.

        POST /api/v5/account/set-collateral-assets, permission trade, limit 5 in 2 s per user.
        Some cases need ccyList.
        OKX: Trading Account › REST API › Set collateral assets.
        """
    def set_fee_type(
        self,
        *,
        feeType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose in which currency spot fees are charged.

        POST /api/v5/account/set-fee-type, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Set fee type.
        """
    def set_greeks(
        self,
        *,
        greeksType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Show greeks in coins (PA) or in dollars (BS).

        POST /api/v5/account/set-greeks, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Set greeks (PA/BS).
        """
    def set_isolated_mode(
        self,
        *,
        isoMode: Text,
        type: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose how margin comes to isolated positions.

        POST /api/v5/account/set-isolated-mode, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Isolated margin trading settings.
        """
    def set_leverage(
        self,
        *,
        lever: Text,
        mgnMode: Text,
        instId: Text | None = None,
        ccy: Text | None = None,
        posSide: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Leverage]:
        """Set the leverage of an instrument, a currency or a side.

        POST /api/v5/account/set-leverage, permission trade, limit 20 in 2 s per user.
        Some cases need instId, ccy, posSide.
        OKX: Trading Account › REST API › Set leverage.
        """
    def set_mmp_config(
        self,
        *,
        instFamily: Text,
        timeInterval: Text,
        frozenInterval: Text,
        qtyLimit: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set market maker protection for an option family.

        POST /api/v5/account/mmp-config, permission trade, limit 2 in 10 s per user.
        OKX: Trading Account › REST API › Set MMP.
        """
    def set_position_mode(
        self,
        *,
        posMode: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.PositionMode:
        """One position per contract (net), or a long and a short one.

        POST /api/v5/account/set-position-mode, permission trade, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Set position mode.
        """
    def set_risk_offset_amt(
        self,
        *,
        ccy: Text,
        clSpotInUseAmt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set how much spot offsets derivatives risk.

        POST /api/v5/account/set-riskOffset-amt, permission trade, limit 10 in 2 s per user.
        OKX: Trading Account › REST API › Set risk offset amount.
        """
    def set_settle_currency(
        self,
        *,
        settleCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose the currency in which USD-margined contracts settle.

        POST /api/v5/account/set-settle-currency, permission trade, limit 20 in 2 s per user.
        OKX: Trading Account › REST API › Set settle currency.
        """
    def set_trading_config(
        self,
        *,
        type: Text,
        stgyType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change a trading setting, such as the strategy type.

        POST /api/v5/account/set-trading-config, permission trade, limit 1 in 2 s per user.
        OKX: Trading Account › REST API › Set trading config.
        """
    def spot_borrow_repay_history(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Borrowings and repayments in spot mode.

        GET /api/v5/account/spot-borrow-repay-history, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Account › REST API › Get borrow/repay history.
        """
    def spot_manual_borrow_repay(
        self,
        *,
        ccy: Text,
        side: Text,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Borrow or repay by hand in spot mode.

        POST /api/v5/account/spot-manual-borrow-repay, permission trade, limit 1 in 3 s per master account.
        OKX: Trading Account › REST API › Manual borrow / repay.
        """
    def subaccount_balances(
        self,
        *,
        subAcct: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Trading balance of a sub-account; for the master account.

        GET /api/v5/account/subaccount/balances, permission read, limit 6 in 2 s per user.
        OKX: Sub-account › REST API › Get sub-account trading balance.
        """
    def subaccount_max_withdrawal(
        self,
        *,
        subAcct: Query,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How much a sub-account could move out; for the master account.

        GET /api/v5/account/subaccount/max-withdrawal, permission read, limit 20 in 2 s per user.
        OKX: Sub-account › REST API › Get sub-account maximum withdrawals.
        """
    def subtypes(
        self,
        *,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Types and subtypes of bills, with their meaning.

        GET /api/v5/account/subtypes, permission read, limit 20 in 2 s per user.
        OKX: Trading Account › REST API › Get bill types.
        """
    def trade_fee(
        self,
        *,
        instType: Query,
        instId: Query | None = None,
        instFamily: Query | None = None,
        groupId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.FeeRate:
        """Maker and taker fees of this account.

        GET /api/v5/account/trade-fee, permission read, limit 5 in 2 s per user.
        OKX: Trading Account › REST API › Get fee rates.
        """

class AsyncAccount:
    """`/api/v5/account`, awaitable."""

    async def account_level_switch_preset(
        self,
        *,
        acctLv: Text,
        lever: Text | None = None,
        riskOffsetType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def account_position_risk(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def activate_feature(
        self,
        *,
        feature: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def activate_option(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def adjust_leverage_info(
        self,
        *,
        instType: Query,
        mgnMode: Query,
        lever: Query,
        instId: Query | None = None,
        ccy: Query | None = None,
        posSide: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def apply_bills_history_archive(
        self,
        *,
        year: Text,
        quarter: Text,
        type: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def balance(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.Balance: ...
    async def bills(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        mgnMode: Query | None = None,
        ctType: Query | None = None,
        type: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Bill]: ...
    async def bills_archive(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        mgnMode: Query | None = None,
        ctType: Query | None = None,
        type: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Bill]: ...
    async def bills_history_archive(
        self,
        *,
        year: Query,
        quarter: Query,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def collateral_assets(
        self,
        *,
        ccy: Query | None = None,
        collateralEnabled: bool | str | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def config(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> models.AccountConfig: ...
    async def demo_adjust_balance(
        self,
        *,
        type: Text,
        adjustments: Sequence[Object],
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def greeks(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def instruments(
        self,
        *,
        instType: Query,
        seriesId: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Instrument]: ...
    async def interest_accrued(
        self,
        *,
        type: Query | None = None,
        ccy: Query | None = None,
        instId: Query | None = None,
        mgnMode: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def interest_limits(
        self,
        *,
        type: Query | None = None,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def interest_rate(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def leverage_info(
        self,
        *,
        mgnMode: Query,
        instId: Query | None = None,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Leverage]: ...
    async def max_avail_size(
        self,
        *,
        instId: Query,
        tdMode: Query,
        ccy: Query | None = None,
        reduceOnly: bool | str | None = None,
        px: Query | None = None,
        tradeQuoteCcy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MaxAvailSize]: ...
    async def max_loan(
        self,
        *,
        mgnMode: Query,
        instId: Query | None = None,
        ccy: Query | None = None,
        mgnCcy: Query | None = None,
        tradeQuoteCcy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def max_size(
        self,
        *,
        instId: Query,
        tdMode: Query,
        ccy: Query | None = None,
        px: Query | None = None,
        leverage: Query | None = None,
        tradeQuoteCcy: Query | None = None,
        outcome: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MaxSize]: ...
    async def max_withdrawal(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MaxWithdrawal]: ...
    async def mmp_config(
        self,
        *,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def mmp_reset(
        self,
        *,
        instFamily: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def move_positions(
        self,
        *,
        fromAcct: Text,
        toAcct: Text,
        legs: Sequence[Object],
        clientId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def move_positions_history(
        self,
        *,
        blockTdId: Query | None = None,
        clientId: Query | None = None,
        beginTs: Query | None = None,
        endTs: Query | None = None,
        limit: Query | None = None,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def position_builder(
        self,
        *,
        acctLv: Text | None = None,
        inclRealPosAndEq: bool | None = None,
        lever: Text | None = None,
        simPos: Sequence[Object] | None = None,
        simAsset: Sequence[Object] | None = None,
        greeksType: Text | None = None,
        idxVol: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def position_builder_graph(
        self,
        *,
        type: Text,
        mmrConfig: Object,
        inclRealPosAndEq: bool | None = None,
        simPos: Sequence[Object] | None = None,
        simAsset: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def position_margin_balance(
        self,
        *,
        instId: Text,
        posSide: Text,
        type: Text,
        amt: Text,
        ccy: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def position_tiers(
        self,
        *,
        instType: Query,
        instFamily: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def positions(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        posId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Position]: ...
    async def positions_history(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        mgnMode: Query | None = None,
        type: Query | None = None,
        posId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.PositionRecord]: ...
    async def precheck_set_delta_neutral(
        self,
        *,
        stgyType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def risk_state(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def set_account_level(
        self,
        *,
        acctLv: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_account_switch_precheck(
        self,
        *,
        acctLv: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_auto_earn(
        self,
        *,
        ccy: Text,
        action: Text,
        earnType: Text | None = None,
        apr: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_auto_loan(
        self,
        *,
        autoLoan: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_auto_repay(
        self,
        *,
        autoRepay: bool,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_collateral_assets(
        self,
        *,
        type: Text,
        collateralEnabled: bool,
        ccyList: Texts | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_fee_type(
        self,
        *,
        feeType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_greeks(
        self,
        *,
        greeksType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_isolated_mode(
        self,
        *,
        isoMode: Text,
        type: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_leverage(
        self,
        *,
        lever: Text,
        mgnMode: Text,
        instId: Text | None = None,
        ccy: Text | None = None,
        posSide: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Leverage]: ...
    async def set_mmp_config(
        self,
        *,
        instFamily: Text,
        timeInterval: Text,
        frozenInterval: Text,
        qtyLimit: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_position_mode(
        self,
        *,
        posMode: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.PositionMode: ...
    async def set_risk_offset_amt(
        self,
        *,
        ccy: Text,
        clSpotInUseAmt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_settle_currency(
        self,
        *,
        settleCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_trading_config(
        self,
        *,
        type: Text,
        stgyType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def spot_borrow_repay_history(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def spot_manual_borrow_repay(
        self,
        *,
        ccy: Text,
        side: Text,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_balances(
        self,
        *,
        subAcct: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_max_withdrawal(
        self,
        *,
        subAcct: Query,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subtypes(
        self,
        *,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def trade_fee(
        self,
        *,
        instType: Query,
        instId: Query | None = None,
        instFamily: Query | None = None,
        groupId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.FeeRate: ...

class Affiliate:
    """`/api/v5/affiliate`."""

    def co_inviter_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        linkStatus: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Links shared with co-inviters.

        GET /api/v5/affiliate/co-inviter/list, permission read, limit 3 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Affiliate › REST API › Get co-inviter link list.
        """
    def invitee_detail(
        self,
        *,
        uid: Query,
        periodType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One invitee: volume, fees, commission.

        GET /api/v5/affiliate/invitee/detail, permission read, limit 3 in 1 s per user.
        OKX: Affiliate › REST API › Get the invitee's detail.
        """
    def invitee_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        keyword: Query | None = None,
        commissionCategory: Query | None = None,
        orderBy: Query | None = None,
        orderDir: Query | None = None,
        kycStatus: Query | None = None,
        subAffiliateUid: Query | None = None,
        uid: Query | None = None,
        joinTimeBegin: Query | None = None,
        joinTimeEnd: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Invitees with their volume, fees and commission.

        GET /api/v5/affiliate/invitee/list, permission read, limit 3 in 1 s per user.
        Some cases need begin, end, joinTimeBegin, joinTimeEnd.
        Up to 100 at once, 100 without `limit`.
        OKX: Affiliate › REST API › Get invitee list.
        """
    def link_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        linkType: Query | None = None,
        linkStatus: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Invitation links and what came of them.

        GET /api/v5/affiliate/link/list, permission read, limit 3 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Affiliate › REST API › Get link list.
        """
    def performance_summary(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Commission and invitees over a period.

        GET /api/v5/affiliate/performance/summary, permission read, limit 3 in 1 s per user.
        Some cases need begin, end.
        OKX: Affiliate › REST API › Get performance summary.
        """
    def sub_affiliate_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        keyword: Query | None = None,
        commissionCategory: Query | None = None,
        orderBy: Query | None = None,
        orderDir: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Sub-affiliates and what they brought.

        GET /api/v5/affiliate/sub-affiliate/list, permission read, limit 3 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Affiliate › REST API › Get sub-affiliate list.
        """
    def tvb_invitee_detail(
        self,
        *,
        uid: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One invitee under volume-based commission.

        GET /api/v5/affiliate/tvb/invitee/detail, permission read, limit not stated.
        OKX: Affiliate › REST API.
        """
    def tvb_invitee_list(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        feeTier: Query | None = None,
        tradeType: Query | None = None,
        keyword: Query | None = None,
        orderBy: Query | None = None,
        orderDir: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Invitees under volume-based commission.

        GET /api/v5/affiliate/tvb/invitee/list, permission read, limit not stated.
        OKX: Affiliate › REST API.
        """
    def tvb_link_list(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        linkType: Query | None = None,
        linkStatus: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Invitation links under volume-based commission.

        GET /api/v5/affiliate/tvb/link/list, permission read, limit not stated.
        OKX: Affiliate › REST API.
        """
    def tvb_performance_summary(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Volume-based commission over a period.

        GET /api/v5/affiliate/tvb/performance/summary, permission read, limit not stated.
        OKX: Affiliate › REST API.
        """
    def tvb_tier_breakdown(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Volume-based commission by fee tier.

        GET /api/v5/affiliate/tvb/tier-breakdown, permission read, limit not stated.
        OKX: Affiliate › REST API.
        """

class AsyncAffiliate:
    """`/api/v5/affiliate`, awaitable."""

    async def co_inviter_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        linkStatus: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def invitee_detail(
        self,
        *,
        uid: Query,
        periodType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def invitee_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        keyword: Query | None = None,
        commissionCategory: Query | None = None,
        orderBy: Query | None = None,
        orderDir: Query | None = None,
        kycStatus: Query | None = None,
        subAffiliateUid: Query | None = None,
        uid: Query | None = None,
        joinTimeBegin: Query | None = None,
        joinTimeEnd: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def link_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        linkType: Query | None = None,
        linkStatus: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def performance_summary(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sub_affiliate_list(
        self,
        *,
        page: Query | None = None,
        limit: Query | None = None,
        keyword: Query | None = None,
        commissionCategory: Query | None = None,
        orderBy: Query | None = None,
        orderDir: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def tvb_invitee_detail(
        self,
        *,
        uid: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def tvb_invitee_list(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        feeTier: Query | None = None,
        tradeType: Query | None = None,
        keyword: Query | None = None,
        orderBy: Query | None = None,
        orderDir: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def tvb_link_list(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        linkType: Query | None = None,
        linkStatus: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def tvb_performance_summary(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def tvb_tier_breakdown(
        self,
        *,
        periodType: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Asset:
    """`/api/v5/asset`."""

    def apply_monthly_statement(
        self,
        *,
        month: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Order a statement of one month; `monthly_statement` has its link later.

        POST /api/v5/asset/monthly-statement, permission read, limit 20 in 30 d per user.
        OKX: Funding Account › REST API › Apply for monthly statement (last year).
        """
    def asset_valuation(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Worth of all accounts together, by product.

        GET /api/v5/asset/asset-valuation, permission read, limit 1 in 1 s per user.
        OKX: Funding Account › REST API › Get account asset valuation.
        """
    def balances(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AssetBalance]:
        """Balances of the funding account.

        GET /api/v5/asset/balances, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get balance.
        """
    def bills(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        thirdPartyType: Query | None = None,
        clientId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingBill]:
        """What changed the funding account's balances in the last month.

        GET /api/v5/asset/bills, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Asset bills details.
        """
    def bills_history(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        thirdPartyType: Query | None = None,
        clientId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        pagingType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingBill]:
        """What changed the funding account's balances, all the way back.

        GET /api/v5/asset/bills-history, permission read, limit 1 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Asset bills history.
        """
    def cancel_withdrawal(
        self,
        *,
        wdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop a withdrawal that has not left yet.

        POST /api/v5/asset/cancel-withdrawal, permission trade, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Cancel withdrawal.
        """
    def convert_currencies(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Currencies that can be converted.

        GET /api/v5/asset/convert/currencies, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get convert currencies.
        """
    def convert_currency_pair(
        self,
        *,
        fromCcy: Query,
        toCcy: Query,
        convertMode: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Smallest and largest amounts of a conversion.

        GET /api/v5/asset/convert/currency-pair, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get convert currency pair.
        """
    def convert_estimate_quote(
        self,
        *,
        baseCcy: Text,
        quoteCcy: Text,
        side: Text,
        rfqSz: Text,
        rfqSzCcy: Text,
        clQReqId: Text | None = None,
        tag: Text | None = None,
        convertMode: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ask for a price at which to convert; valid for seconds.

        POST /api/v5/asset/convert/estimate-quote, permission trade, limit 10 in 1 s per user; also 1/5s per
        instrument.
        OKX: Funding Account › REST API › Estimate quote.
        """
    def convert_history(
        self,
        *,
        clTReqId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        tag: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past conversions.

        GET /api/v5/asset/convert/history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Get convert history.
        """
    def convert_trade(
        self,
        *,
        quoteId: Text,
        baseCcy: Text,
        quoteCcy: Text,
        side: Text,
        sz: Text,
        szCcy: Text,
        clTReqId: Text | None = None,
        tag: Text | None = None,
        convertMode: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Convert at a quoted price.

        POST /api/v5/asset/convert/trade, permission trade, limit 10 in 1 s per user.
        OKX: Funding Account › REST API › Convert trade.
        """
    def currencies(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Currencies with their chains, fees and limits of deposit and withdrawal.

        GET /api/v5/asset/currencies, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get currencies.
        """
    def deposit_address(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Addresses to deposit a currency to.

        GET /api/v5/asset/deposit-address, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get deposit address.
        """
    def deposit_history(
        self,
        *,
        ccy: Query | None = None,
        depId: Query | None = None,
        fromWdId: Query | None = None,
        txId: Query | None = None,
        type: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past and coming deposits.

        GET /api/v5/asset/deposit-history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Get deposit history.
        """
    def deposit_withdraw_status(
        self,
        *,
        wdId: Query | None = None,
        txId: Query | None = None,
        ccy: Query | None = None,
        to: Query | None = None,
        chain: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How far a deposit or withdrawal has come.

        GET /api/v5/asset/deposit-withdraw-status, permission read, limit 1 in 2 s per user.
        Some cases need wdId, txId, ccy, to, chain.
        OKX: Funding Account › REST API › Get deposit withdraw status.
        """
    def exchange_list(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Exchanges that withdrawals may name as receiver.

        GET /api/v5/asset/exchange-list, no key needed, limit 6 in 1 s per IP.
        OKX: Funding Account › REST API › Get exchange list (public).
        """
    def monthly_statement(
        self,
        *,
        month: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Link to the statement of a month ordered before.

        GET /api/v5/asset/monthly-statement, permission read, limit 10 in 2 s per user.
        OKX: Funding Account › REST API › Get monthly statement (last year).
        """
    def non_tradable_assets(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Assets held that cannot be traded.

        GET /api/v5/asset/non-tradable-assets, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get non-tradable assets.
        """
    def subaccount_balances(
        self,
        *,
        subAcct: Query,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Funding balance of a sub-account; for the master account.

        GET /api/v5/asset/subaccount/balances, permission read, limit 6 in 2 s per user.
        OKX: Sub-account › REST API › Get sub-account funding balance.
        """
    def subaccount_bills(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        subAcct: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Transfers between master account and sub-accounts.

        GET /api/v5/asset/subaccount/bills, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Sub-account › REST API › Get history of sub-account transfer.
        """
    def subaccount_managed_subaccount_bills(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        subAcct: Query | None = None,
        subUid: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Transfers of managed sub-accounts.

        GET /api/v5/asset/subaccount/managed-subaccount-bills, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Sub-account › REST API › Get history of managed sub-account transfer.
        """
    def subaccount_transfer(
        self,
        *,
        ccy: Text,
        amt: Text,
        from_: Text,
        to: Text,
        fromSubAccount: Text,
        toSubAccount: Text,
        loanTrans: bool | None = None,
        omitPosRisk: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Move funds from one sub-account to another; for the master account.

        POST /api/v5/asset/subaccount/transfer, permission trade, limit 1 in 1 s per user.
        OKX: Sub-account › REST API › Master accounts manage the transfers between sub-accounts.
        """
    def transfer(
        self,
        *,
        ccy: Text,
        amt: Text,
        from_: Text,
        to: Text,
        type: Text | None = None,
        subAcct: Text | None = None,
        loanTrans: bool | None = None,
        omitPosRisk: Text | None = None,
        clientId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Move funds between funding and trading account, or with a sub-account.

        POST /api/v5/asset/transfer, permission trade, limit 2 in 1 s per user and currency.
        Some cases need subAcct.
        OKX: Funding Account › REST API › Funds transfer.
        """
    def transfer_state(
        self,
        *,
        transId: Query | None = None,
        clientId: Query | None = None,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Whether a transfer has gone through.

        GET /api/v5/asset/transfer-state, permission read, limit 10 in 1 s per user.
        Some cases need transId, clientId.
        OKX: Funding Account › REST API › Get funds transfer state.
        """
    def withdrawal(
        self,
        *,
        ccy: Text,
        amt: Text,
        dest: Text,
        toAddr: Text,
        toAddrType: Text | None = None,
        chain: Text | None = None,
        areaCode: Text | None = None,
        rcvrInfo: Object | None = None,
        clientId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Withdraw to an address on chain or to another user.

        POST /api/v5/asset/withdrawal, permission withdraw, limit 6 in 1 s per user.
        Some cases need chain, areaCode, rcvrInfo.
        rcvrInfo: an object of walletType (needed), exchId, rcvrFirstName, rcvrLastName, rcvrCountry,
        rcvrCountrySubDivision, rcvrTownName, rcvrStreetName.
        OKX: Funding Account › REST API › Withdrawal.
        """
    def withdrawal_history(
        self,
        *,
        ccy: Query | None = None,
        wdId: Query | None = None,
        clientId: Query | None = None,
        txId: Query | None = None,
        type: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past and pending withdrawals.

        GET /api/v5/asset/withdrawal-history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Get withdrawal history.
        """

class AsyncAsset:
    """`/api/v5/asset`, awaitable."""

    async def apply_monthly_statement(
        self,
        *,
        month: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def asset_valuation(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def balances(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AssetBalance]: ...
    async def bills(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        thirdPartyType: Query | None = None,
        clientId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingBill]: ...
    async def bills_history(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        thirdPartyType: Query | None = None,
        clientId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        pagingType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingBill]: ...
    async def cancel_withdrawal(
        self,
        *,
        wdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def convert_currencies(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def convert_currency_pair(
        self,
        *,
        fromCcy: Query,
        toCcy: Query,
        convertMode: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def convert_estimate_quote(
        self,
        *,
        baseCcy: Text,
        quoteCcy: Text,
        side: Text,
        rfqSz: Text,
        rfqSzCcy: Text,
        clQReqId: Text | None = None,
        tag: Text | None = None,
        convertMode: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def convert_history(
        self,
        *,
        clTReqId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        tag: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def convert_trade(
        self,
        *,
        quoteId: Text,
        baseCcy: Text,
        quoteCcy: Text,
        side: Text,
        sz: Text,
        szCcy: Text,
        clTReqId: Text | None = None,
        tag: Text | None = None,
        convertMode: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def currencies(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def deposit_address(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def deposit_history(
        self,
        *,
        ccy: Query | None = None,
        depId: Query | None = None,
        fromWdId: Query | None = None,
        txId: Query | None = None,
        type: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def deposit_withdraw_status(
        self,
        *,
        wdId: Query | None = None,
        txId: Query | None = None,
        ccy: Query | None = None,
        to: Query | None = None,
        chain: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def exchange_list(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def monthly_statement(
        self,
        *,
        month: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def non_tradable_assets(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_balances(
        self,
        *,
        subAcct: Query,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_bills(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        subAcct: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_managed_subaccount_bills(
        self,
        *,
        ccy: Query | None = None,
        type: Query | None = None,
        subAcct: Query | None = None,
        subUid: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_transfer(
        self,
        *,
        ccy: Text,
        amt: Text,
        from_: Text,
        to: Text,
        fromSubAccount: Text,
        toSubAccount: Text,
        loanTrans: bool | None = None,
        omitPosRisk: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def transfer(
        self,
        *,
        ccy: Text,
        amt: Text,
        from_: Text,
        to: Text,
        type: Text | None = None,
        subAcct: Text | None = None,
        loanTrans: bool | None = None,
        omitPosRisk: Text | None = None,
        clientId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def transfer_state(
        self,
        *,
        transId: Query | None = None,
        clientId: Query | None = None,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def withdrawal(
        self,
        *,
        ccy: Text,
        amt: Text,
        dest: Text,
        toAddr: Text,
        toAddrType: Text | None = None,
        chain: Text | None = None,
        areaCode: Text | None = None,
        rcvrInfo: Object | None = None,
        clientId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def withdrawal_history(
        self,
        *,
        ccy: Query | None = None,
        wdId: Query | None = None,
        clientId: Query | None = None,
        txId: Query | None = None,
        type: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Broker:
    """`/api/v5/broker`."""

    def apply_dma_trades(
        self,
        *,
        begin: Text,
        end: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Order a file of trades; `dma_trades` has its link later.

        POST /api/v5/broker/dma/trades, permission trade, limit 1 in 1 h per user.
        OKX: Broker › DMA broker › Generate trades download link.
        """
    def apply_fd_rebate_per_orders(
        self,
        *,
        begin: Text,
        end: Text,
        brokerType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Order a file of rebates by order; `fd_rebate_per_orders` has its link later.

        POST /api/v5/broker/fd/rebate-per-orders, permission trade, limit 1 in 1 h per user.
        Some cases need brokerType.
        OKX: Broker › FD broker › Generate rebate details download link.
        """
    def create_dma_subaccount_apikey(
        self,
        *,
        subAcct: Text,
        label: Text,
        passphrase: Text,
        ip: Text | None = None,
        perm: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Make a key for a sub-account of a DMA broker.

        POST /api/v5/broker/dma/subaccount/apikey, permission trade, limit 40 in 1 s per user.
        OKX: Broker › DMA broker › Create an API key for a sub-account.
        """
    def dma_subaccount_apikey(
        self,
        *,
        subAcct: Query,
        apiKey: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Keys of a sub-account of a DMA broker.

        GET /api/v5/broker/dma/subaccount/apikey, permission read, limit 1 in 1 s per user.
        OKX: Broker › DMA broker › Query the API key of a sub-account.
        """
    def dma_subaccount_info(
        self,
        *,
        subAcct: Query | None = None,
        uid: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Sub-accounts of a DMA broker.

        GET /api/v5/broker/dma/subaccount-info, permission read, limit 10 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Broker › DMA broker › Get sub-account list.
        """
    def dma_subaccount_trade_fee(
        self,
        *,
        subAcct: Query | None = None,
        uid: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Fee rates of a DMA broker's sub-accounts.

        GET /api/v5/broker/dma/subaccount-trade-fee, permission read, limit 1 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Broker › DMA broker › Get sub-account fee rates.
        """
    def dma_trades(
        self,
        *,
        type: Query,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Link to a file of trades ordered before.

        GET /api/v5/broker/dma/trades, permission read, limit 2 in 1 min per user.
        Some cases need begin, end.
        OKX: Broker › DMA broker › Get trades download link.
        """
    def fd_if_rebate(
        self,
        *,
        apiKey: Query,
        brokerType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Whether a user's key brings this broker a rebate.

        GET /api/v5/broker/fd/if-rebate, permission read, limit 5 in 2 s per user.
        Some cases need brokerType.
        OKX: Broker › FD broker › Get user's broker rebate information.
        """
    def fd_rebate_per_orders(
        self,
        *,
        type: Query,
        begin: Query | None = None,
        end: Query | None = None,
        brokerType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Link to a file of rebates by order ordered before.

        GET /api/v5/broker/fd/rebate-per-orders, permission read, limit 2 in 1 min per user.
        Some cases need begin, end, brokerType.
        OKX: Broker › FD broker › Get rebate details download link.
        """

class AsyncBroker:
    """`/api/v5/broker`, awaitable."""

    async def apply_dma_trades(
        self,
        *,
        begin: Text,
        end: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def apply_fd_rebate_per_orders(
        self,
        *,
        begin: Text,
        end: Text,
        brokerType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def create_dma_subaccount_apikey(
        self,
        *,
        subAcct: Text,
        label: Text,
        passphrase: Text,
        ip: Text | None = None,
        perm: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dma_subaccount_apikey(
        self,
        *,
        subAcct: Query,
        apiKey: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dma_subaccount_info(
        self,
        *,
        subAcct: Query | None = None,
        uid: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dma_subaccount_trade_fee(
        self,
        *,
        subAcct: Query | None = None,
        uid: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dma_trades(
        self,
        *,
        type: Query,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def fd_if_rebate(
        self,
        *,
        apiKey: Query,
        brokerType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def fd_rebate_per_orders(
        self,
        *,
        type: Query,
        begin: Query | None = None,
        end: Query | None = None,
        brokerType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Copytrading:
    """`/api/v5/copytrading`."""

    def algo_order(
        self,
        *,
        subPosId: Text,
        instType: Text | None = None,
        tpTriggerPx: Text | None = None,
        slTriggerPx: Text | None = None,
        tpOrdPx: Text | None = None,
        slOrdPx: Text | None = None,
        tpTriggerPxType: Text | None = None,
        slTriggerPxType: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set take profit and stop loss of a lead position.

        POST /api/v5/copytrading/algo-order, permission trade, limit 20 in 2 s per user.
        Some cases need tpTriggerPx, slTriggerPx.
        OKX: Order Book Trading › Copy Trading › POST / Place lead stop order.
        """
    def amend_copy_settings(
        self,
        *,
        uniqueCode: Text,
        copyMgnMode: Text,
        copyInstIdType: Text,
        copyTotalAmt: Text,
        subPosCloseType: Text,
        instType: Text | None = None,
        instId: Text | None = None,
        copyMode: Text | None = None,
        copyAmt: Text | None = None,
        copyRatio: Text | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        slTotalAmt: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change how a lead trader is copied.

        POST /api/v5/copytrading/amend-copy-settings, permission trade, limit 5 in 2 s per user.
        Some cases need instId, copyAmt, copyRatio.
        OKX: Order Book Trading › Copy Trading › POST / Amend copy settings.
        """
    def amend_profit_sharing_ratio(
        self,
        *,
        profitSharingRatio: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change the share of profit that copiers pay.

        POST /api/v5/copytrading/amend-profit-sharing-ratio, permission trade, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › POST / Amend profit sharing ratio.
        """
    def close_subposition(
        self,
        *,
        subPosId: Text,
        instType: Text | None = None,
        ordType: Text | None = None,
        px: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Close one lead position.

        POST /api/v5/copytrading/close-subposition, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › POST / Close lead position.
        """
    def config(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """How this account leads and copies, as set.

        GET /api/v5/copytrading/config, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / Account configuration.
        """
    def copy_settings(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How a lead trader is copied, as set.

        GET /api/v5/copytrading/copy-settings, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / Copy settings.
        """
    def current_lead_traders(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Lead traders whom this account copies.

        GET /api/v5/copytrading/current-lead-traders, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / My lead traders.
        """
    def current_subpositions(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Open lead positions.

        GET /api/v5/copytrading/current-subpositions, permission read, limit 20 in 2 s per user.
        Up to 500 at once, 500 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Existing lead positions.
        """
    def first_copy_settings(
        self,
        *,
        uniqueCode: Text,
        copyMgnMode: Text,
        copyInstIdType: Text,
        copyTotalAmt: Text,
        subPosCloseType: Text,
        instType: Text | None = None,
        instId: Text | None = None,
        copyMode: Text | None = None,
        copyAmt: Text | None = None,
        copyRatio: Text | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        slTotalAmt: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Begin to copy a lead trader.

        POST /api/v5/copytrading/first-copy-settings, permission trade, limit 5 in 2 s per user.
        Some cases need instId, copyAmt, copyRatio.
        OKX: Order Book Trading › Copy Trading › POST / First copy settings.
        """
    def instruments(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Contracts which this account leads with, and could lead with.

        GET /api/v5/copytrading/instruments, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / Leading instruments.
        """
    def profit_sharing_details(
        self,
        *,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Shared profit, copier by copier.

        GET /api/v5/copytrading/profit-sharing-details, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Profit sharing details.
        """
    def public_config(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Limits of copy trading: amounts, ratios, number of copiers.

        GET /api/v5/copytrading/public-config, no key needed, limit 5 in 2 s per IP.
        OKX: Order Book Trading › Copy Trading › GET / Copy trading configuration.
        """
    def public_copy_traders(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Copiers of a lead trader and their profit.

        GET /api/v5/copytrading/public-copy-traders, no key needed, limit 5 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Copy traders.
        """
    def public_current_subpositions(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Open positions of a lead trader.

        GET /api/v5/copytrading/public-current-subpositions, no key needed, limit 5 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader current lead positions.
        """
    def public_lead_traders(
        self,
        *,
        instType: Query | None = None,
        sortType: Query | None = None,
        state: Query | None = None,
        minLeadDays: Query | None = None,
        minAssets: Query | None = None,
        maxAssets: Query | None = None,
        minAum: Query | None = None,
        maxAum: Query | None = None,
        dataVer: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ranking of lead traders.

        GET /api/v5/copytrading/public-lead-traders, no key needed, limit 5 in 2 s per IP.
        Up to 20 at once, 10 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader ranks.
        """
    def public_pnl(
        self,
        *,
        uniqueCode: Query,
        lastDays: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Profit of a lead trader by day.

        GET /api/v5/copytrading/public-pnl, no key needed, limit 5 in 2 s per IP.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader daily pnl.
        """
    def public_preference_currency(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Currencies that a lead trader trades most.

        GET /api/v5/copytrading/public-preference-currency, no key needed, limit 5 in 2 s per IP.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader currency preferences.
        """
    def public_stats(
        self,
        *,
        uniqueCode: Query,
        lastDays: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Win ratio, profit and copiers of a lead trader.

        GET /api/v5/copytrading/public-stats, no key needed, limit 5 in 2 s per IP.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader stats.
        """
    def public_subpositions_history(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Closed positions of a lead trader.

        GET /api/v5/copytrading/public-subpositions-history, no key needed, limit 5 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader lead position history.
        """
    def public_weekly_pnl(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Profit of a lead trader by week.

        GET /api/v5/copytrading/public-weekly-pnl, no key needed, limit 5 in 2 s per IP.
        OKX: Order Book Trading › Copy Trading › GET / Lead trader weekly pnl.
        """
    def set_instruments(
        self,
        *,
        instId: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose the contracts to lead with.

        POST /api/v5/copytrading/set-instruments, permission trade, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › POST / Amend leading instruments.
        """
    def stop_copy_trading(
        self,
        *,
        uniqueCode: Text,
        subPosCloseType: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop copying a lead trader.

        POST /api/v5/copytrading/stop-copy-trading, permission trade, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › POST / Stop copying.
        """
    def subpositions_history(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Closed lead positions of the last 3 months.

        GET /api/v5/copytrading/subpositions-history, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Copy Trading › GET / Lead position history.
        """
    def total_profit_sharing(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Sum of the profit shared so far.

        GET /api/v5/copytrading/total-profit-sharing, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / Total profit sharing.
        """
    def total_unrealized_profit_sharing(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Sum of the profit that will be shared.

        GET /api/v5/copytrading/total-unrealized-profit-sharing, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / Total unrealized profit sharing.
        """
    def unrealized_profit_sharing_details(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Profit that will be shared, copier by copier.

        GET /api/v5/copytrading/unrealized-profit-sharing-details, permission read, limit 5 in 2 s per user.
        OKX: Order Book Trading › Copy Trading › GET / Unrealized profit sharing details.
        """

class AsyncCopytrading:
    """`/api/v5/copytrading`, awaitable."""

    async def algo_order(
        self,
        *,
        subPosId: Text,
        instType: Text | None = None,
        tpTriggerPx: Text | None = None,
        slTriggerPx: Text | None = None,
        tpOrdPx: Text | None = None,
        slOrdPx: Text | None = None,
        tpTriggerPxType: Text | None = None,
        slTriggerPxType: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def amend_copy_settings(
        self,
        *,
        uniqueCode: Text,
        copyMgnMode: Text,
        copyInstIdType: Text,
        copyTotalAmt: Text,
        subPosCloseType: Text,
        instType: Text | None = None,
        instId: Text | None = None,
        copyMode: Text | None = None,
        copyAmt: Text | None = None,
        copyRatio: Text | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        slTotalAmt: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def amend_profit_sharing_ratio(
        self,
        *,
        profitSharingRatio: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def close_subposition(
        self,
        *,
        subPosId: Text,
        instType: Text | None = None,
        ordType: Text | None = None,
        px: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def config(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def copy_settings(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def current_lead_traders(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def current_subpositions(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def first_copy_settings(
        self,
        *,
        uniqueCode: Text,
        copyMgnMode: Text,
        copyInstIdType: Text,
        copyTotalAmt: Text,
        subPosCloseType: Text,
        instType: Text | None = None,
        instId: Text | None = None,
        copyMode: Text | None = None,
        copyAmt: Text | None = None,
        copyRatio: Text | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        slTotalAmt: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def instruments(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def profit_sharing_details(
        self,
        *,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_config(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_copy_traders(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_current_subpositions(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_lead_traders(
        self,
        *,
        instType: Query | None = None,
        sortType: Query | None = None,
        state: Query | None = None,
        minLeadDays: Query | None = None,
        minAssets: Query | None = None,
        maxAssets: Query | None = None,
        minAum: Query | None = None,
        maxAum: Query | None = None,
        dataVer: Query | None = None,
        page: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_pnl(
        self,
        *,
        uniqueCode: Query,
        lastDays: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_preference_currency(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_stats(
        self,
        *,
        uniqueCode: Query,
        lastDays: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_subpositions_history(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_weekly_pnl(
        self,
        *,
        uniqueCode: Query,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_instruments(
        self,
        *,
        instId: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def stop_copy_trading(
        self,
        *,
        uniqueCode: Text,
        subPosCloseType: Text,
        instType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subpositions_history(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def total_profit_sharing(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def total_unrealized_profit_sharing(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def unrealized_profit_sharing_details(
        self,
        *,
        instType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Fiat:
    """`/api/v5/fiat`."""

    def buy_sell_currencies(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Fiat and crypto currencies that can be bought and sold.

        GET /api/v5/fiat/buy-sell/currencies, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get buy/sell currencies.
        """
    def buy_sell_currency_pair(
        self,
        *,
        fromCcy: Query,
        toCcy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Limits and ways to pay for a pair.

        GET /api/v5/fiat/buy-sell/currency-pair, permission read, limit 6 in 1 s per user.
        OKX: Funding Account › REST API › Get buy/sell currency pair.
        """
    def buy_sell_history(
        self,
        *,
        ordId: Query | None = None,
        clOrdId: Query | None = None,
        state: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past purchases and sales of crypto for fiat.

        GET /api/v5/fiat/buy-sell/history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Get buy/sell trade history.
        """
    def buy_sell_quote(
        self,
        *,
        side: Text,
        fromCcy: Text,
        toCcy: Text,
        rfqAmt: Text,
        rfqCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ask for a price to buy or sell crypto for fiat.

        POST /api/v5/fiat/buy-sell/quote, permission read, limit 10 in 1 s per user; also 1/5s per instrument.
        OKX: Funding Account › REST API › Get buy/sell quote.
        """
    def buy_sell_trade(
        self,
        *,
        quoteId: Text,
        side: Text,
        fromCcy: Text,
        toCcy: Text,
        rfqAmt: Text,
        rfqCcy: Text,
        paymentMethod: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Buy or sell crypto for fiat at a quoted price.

        POST /api/v5/fiat/buy-sell/trade, permission trade, limit 1 in 5 s per user.
        OKX: Funding Account › REST API › Buy/sell trade.
        """
    def cancel_withdrawal(
        self,
        *,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop a fiat withdrawal that is still pending.

        POST /api/v5/fiat/cancel-withdrawal, permission trade, limit 3 in 1 s per user.
        OKX: Funding Account › REST API › Cancel withdrawal order.
        """
    def create_withdrawal(
        self,
        *,
        paymentAcctId: Text,
        ccy: Text,
        amt: Text,
        paymentMethod: Text,
        clientId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Withdraw fiat to a stored bank account.

        POST /api/v5/fiat/create-withdrawal, permission withdraw, limit 3 in 1 s per user.
        OKX: Funding Account › REST API › Create withdrawal order.
        """
    def deposit(
        self,
        *,
        ordId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One fiat deposit.

        GET /api/v5/fiat/deposit, permission read, limit 3 in 1 s per user.
        OKX: Funding Account › REST API › Get deposit order detail.
        """
    def deposit_order_history(
        self,
        *,
        ccy: Query | None = None,
        paymentMethod: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past fiat deposits.

        GET /api/v5/fiat/deposit-order-history, permission read, limit 3 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Get deposit order history.
        """
    def deposit_payment_methods(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ways to deposit a fiat currency.

        GET /api/v5/fiat/deposit-payment-methods, permission read, limit 3 in 1 s per user.
        OKX: Funding Account › REST API › Get deposit payment methods.
        """
    def withdrawal(
        self,
        *,
        ordId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One fiat withdrawal.

        GET /api/v5/fiat/withdrawal, permission read, limit 3 in 1 s per user.
        OKX: Funding Account › REST API › Get withdrawal order detail.
        """
    def withdrawal_order_history(
        self,
        *,
        ccy: Query | None = None,
        paymentMethod: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past fiat withdrawals.

        GET /api/v5/fiat/withdrawal-order-history, permission read, limit 3 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Funding Account › REST API › Get withdrawal order history.
        """
    def withdrawal_payment_methods(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ways to withdraw a fiat currency.

        GET /api/v5/fiat/withdrawal-payment-methods, permission read, limit 3 in 1 s per user.
        OKX: Funding Account › REST API › Get withdrawal payment methods.
        """

class AsyncFiat:
    """`/api/v5/fiat`, awaitable."""

    async def buy_sell_currencies(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def buy_sell_currency_pair(
        self,
        *,
        fromCcy: Query,
        toCcy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def buy_sell_history(
        self,
        *,
        ordId: Query | None = None,
        clOrdId: Query | None = None,
        state: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def buy_sell_quote(
        self,
        *,
        side: Text,
        fromCcy: Text,
        toCcy: Text,
        rfqAmt: Text,
        rfqCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def buy_sell_trade(
        self,
        *,
        quoteId: Text,
        side: Text,
        fromCcy: Text,
        toCcy: Text,
        rfqAmt: Text,
        rfqCcy: Text,
        paymentMethod: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_withdrawal(
        self,
        *,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def create_withdrawal(
        self,
        *,
        paymentAcctId: Text,
        ccy: Text,
        amt: Text,
        paymentMethod: Text,
        clientId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def deposit(
        self,
        *,
        ordId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def deposit_order_history(
        self,
        *,
        ccy: Query | None = None,
        paymentMethod: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def deposit_payment_methods(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def withdrawal(
        self,
        *,
        ordId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def withdrawal_order_history(
        self,
        *,
        ccy: Query | None = None,
        paymentMethod: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def withdrawal_payment_methods(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Finance:
    """`/api/v5/finance`."""

    def flexible_loan_adjust_collateral(
        self,
        *,
        type: Text,
        collateralCcy: Text,
        collateralAmt: Text,
        ordId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add collateral to a flexible loan, or take some out.

        POST /api/v5/finance/flexible-loan/adjust-collateral, permission trade, limit 5 in 2 s per user.
        OKX: Financial Product › Flexible loan › POST / Adjust collateral.
        """
    def flexible_loan_borrow(
        self,
        *,
        loanData: Object,
        clOrdId: Text,
        ordId: Text | None = None,
        collateralData: Sequence[Object] | None = None,
        eMode: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take a flexible loan, or borrow more on one.

        POST /api/v5/finance/flexible-loan/borrow, permission trade, limit 2 in 2 s per user.
        Some cases need collateralData, eMode.
        loanData: an object of ccy (needed), amt (needed).
        collateralData: objects of ccy (needed), amt (needed).
        OKX: Financial Product › Flexible loan › POST / Borrow.
        """
    def flexible_loan_borrow_currencies(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Currencies that a flexible loan gives.

        GET /api/v5/finance/flexible-loan/borrow-currencies, permission read, limit 5 in 2 s per user.
        OKX: Financial Product › Flexible loan › GET / Borrowable currencies.
        """
    def flexible_loan_collateral_assets(
        self,
        *,
        ccy: Query | None = None,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Assets that a flexible loan takes as collateral.

        GET /api/v5/finance/flexible-loan/collateral-assets, permission read, limit 5 in 2 s per user.
        OKX: Financial Product › Flexible loan › GET / Collateral assets.
        """
    def flexible_loan_emode_info(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Pairs of loan and collateral with better ratios.

        GET /api/v5/finance/flexible-loan/emode-info, no key needed, limit 5 in 2 s per IP.
        OKX: Financial Product › Flexible loan › GET / E-Mode info.
        """
    def flexible_loan_interest_accrued(
        self,
        *,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Interest charged on flexible loans.

        GET /api/v5/finance/flexible-loan/interest-accrued, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › Flexible loan › GET / Accrued interest.
        """
    def flexible_loan_loan_history(
        self,
        *,
        type: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What happened to flexible loans: borrowed, repaid, liquidated.

        GET /api/v5/finance/flexible-loan/loan-history, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › Flexible loan › GET / Loan history.
        """
    def flexible_loan_loan_info(
        self,
        *,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Flexible loans that are open.

        GET /api/v5/finance/flexible-loan/loan-info, permission read, limit 5 in 2 s per user.
        OKX: Financial Product › Flexible loan › GET / Loan info.
        """
    def flexible_loan_max_collateral_redeem_amount(
        self,
        *,
        ccy: Query,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How much collateral may be taken out.

        GET /api/v5/finance/flexible-loan/max-collateral-redeem-amount, permission read, limit 5 in 2 s per user.
        OKX: Financial Product › Flexible loan › GET / Maximum collateral redeem amount.
        """
    def flexible_loan_max_loan(
        self,
        *,
        borrowCcy: Text,
        ordId: Text | None = None,
        supCollateral: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How much could be borrowed against given collateral.

        POST /api/v5/finance/flexible-loan/max-loan, permission read, limit 5 in 2 s per user.
        supCollateral: objects of ccy (needed), amt (needed).
        OKX: Financial Product › Flexible loan › POST / Maximum loan amount.
        """
    def flexible_loan_repay(
        self,
        *,
        ordId: Text,
        ccy: Text,
        amt: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Repay a flexible loan.

        POST /api/v5/finance/flexible-loan/repay, permission trade, limit 2 in 2 s per user.
        OKX: Financial Product › Flexible loan › POST / Repay.
        """
    def okusd_account(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """OKUSD held and what it earned.

        GET /api/v5/finance/okusd/account, permission read, limit 2 in 2 s per user.
        OKX: Financial Product › OKUSD › GET / Get OKUSD Account.
        """
    def okusd_limits(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """How much OKUSD may still be bought and redeemed today.

        GET /api/v5/finance/okusd/limits, permission read, limit 2 in 2 s per user.
        OKX: Financial Product › OKUSD › GET / OKUSD limits.
        """
    def okusd_rate_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past daily rates of OKUSD.

        GET /api/v5/finance/okusd/rate/history, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 30 without `limit`.
        OKX: Financial Product › OKUSD › GET / Get APR History.
        """
    def okusd_redeem(
        self,
        *,
        amt: Text,
        redeemType: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Turn OKUSD into USDT, at once or after some days.

        POST /api/v5/finance/okusd/redeem, permission trade, limit 1 in 2 s per user.
        OKX: Financial Product › OKUSD › POST / Redeem OKUSD.
        """
    def okusd_redeem_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past redemptions of OKUSD.

        GET /api/v5/finance/okusd/redeem/history, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › OKUSD › GET / Get Redemption History.
        """
    def okusd_rewards_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What OKUSD earned, day by day.

        GET /api/v5/finance/okusd/rewards/history, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 30 without `limit`.
        OKX: Financial Product › OKUSD › GET / Get Rewards History.
        """
    def okusd_subscribe(
        self,
        *,
        amt: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Turn USDT into OKUSD.

        POST /api/v5/finance/okusd/subscribe, permission trade, limit 1 in 2 s per user.
        OKX: Financial Product › OKUSD › POST / Subscribe OKUSD.
        """
    def okusd_subscribe_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past purchases of OKUSD.

        GET /api/v5/finance/okusd/subscribe/history, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › OKUSD › GET / Get Subscription History.
        """
    def savings_balance(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Amounts lent out in simple earn.

        GET /api/v5/finance/savings/balance, permission read, limit 6 in 1 s per user.
        OKX: Financial Product › Simple earn flexible › GET / Saving balance.
        """
    def savings_lending_history(
        self,
        *,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What simple earn lent and earned in the last month.

        GET /api/v5/finance/savings/lending-history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › Simple earn flexible › GET / Lending history.
        """
    def savings_lending_rate_history(
        self,
        *,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past borrowing and lending rates of the lending market.

        GET /api/v5/finance/savings/lending-rate-history, no key needed, limit 6 in 1 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › Simple earn flexible › GET / Public borrow history (public).
        """
    def savings_lending_rate_summary(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Borrowing rates of the lending market: average, last and next.

        GET /api/v5/finance/savings/lending-rate-summary, no key needed, limit 6 in 1 s per IP.
        OKX: Financial Product › Simple earn flexible › GET / Public borrow info (public).
        """
    def savings_purchase_redempt(
        self,
        *,
        ccy: Text,
        amt: Text,
        side: Text,
        rate: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Put funds into simple earn, or take them out.

        POST /api/v5/finance/savings/purchase-redempt, permission trade, limit 6 in 1 s per user.
        Some cases need rate.
        OKX: Financial Product › Simple earn flexible › POST / Savings purchase/redemption.
        """
    def savings_set_lending_rate(
        self,
        *,
        ccy: Text,
        rate: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set the lowest rate at which to lend.

        POST /api/v5/finance/savings/set-lending-rate, permission trade, limit 6 in 1 s per user.
        OKX: Financial Product › Simple earn flexible › POST / Set lending rate.
        """
    def sfp_dcd_currency_pair(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Pairs of dual investment.

        GET /api/v5/finance/sfp/dcd/currency-pair, permission read, limit 1 in 1 s per user.
        OKX: Financial Product › Dual investment › GET / Currency pairs.
        """
    def sfp_dcd_order_history(
        self,
        *,
        ordId: Query | None = None,
        productId: Query | None = None,
        uly: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past and open dual investments.

        GET /api/v5/finance/sfp/dcd/order-history, permission read, limit 1 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › Dual investment › GET / Order history.
        """
    def sfp_dcd_order_status(
        self,
        *,
        ordId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """State of one dual investment.

        GET /api/v5/finance/sfp/dcd/order-status, permission read, limit 3 in 1 s per user.
        OKX: Financial Product › Dual investment › GET / Order state.
        """
    def sfp_dcd_products(
        self,
        *,
        baseCcy: Query,
        quoteCcy: Query,
        optType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Dual investments on offer, with strike, term and yield.

        GET /api/v5/finance/sfp/dcd/products, permission read, limit 1 in 1 s per user.
        OKX: Financial Product › Dual investment › GET / Product info.
        """
    def sfp_dcd_quote(
        self,
        *,
        productId: Text,
        notionalSz: Text,
        notionalCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ask for the terms of a dual investment.

        POST /api/v5/finance/sfp/dcd/quote, permission trade, limit 10 in 1 min per user.
        OKX: Financial Product › Dual investment › POST / Request for quote.
        """
    def sfp_dcd_redeem(
        self,
        *,
        ordId: Text,
        quoteId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """End a dual investment early at quoted terms.

        POST /api/v5/finance/sfp/dcd/redeem, permission trade, limit 2 in 1 min per user.
        OKX: Financial Product › Dual investment › POST / Redeem.
        """
    def sfp_dcd_redeem_quote(
        self,
        *,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ask for the terms of an early end.

        POST /api/v5/finance/sfp/dcd/redeem-quote, permission trade, limit 10 in 1 min per user.
        OKX: Financial Product › Dual investment › POST / Request for redeem quote.
        """
    def sfp_dcd_trade(
        self,
        *,
        quoteId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Enter a dual investment at quoted terms.

        POST /api/v5/finance/sfp/dcd/trade, permission trade, limit 2 in 1 min per user.
        OKX: Financial Product › Dual investment › POST / Trade.
        """
    def stable_rewards_apy_history(
        self,
        *,
        ccy: Query,
        days: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past yields of a stablecoin.

        GET /api/v5/finance/stable-rewards/apy-history, no key needed, limit 6 in 1 s per IP.
        OKX: Financial Product › Stable rewards › GET / APY history (public).
        """
    def stable_rewards_balance(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stablecoins that earn rewards, and what they earned.

        GET /api/v5/finance/stable-rewards/balance, permission read, limit 5 in 2 s per user.
        OKX: Financial Product › Stable rewards › GET / Balance.
        """
    def stable_rewards_product_info(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Terms of stablecoin rewards.

        GET /api/v5/finance/stable-rewards/product-info, permission read, limit 5 in 2 s per user.
        OKX: Financial Product › Stable rewards › GET / Product info.
        """
    def staking_defi_cancel(
        self,
        *,
        ordId: Text,
        protocolType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take back a purchase or a redemption that is still pending.

        POST /api/v5/finance/staking-defi/cancel, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › On-chain earn › POST / Cancel purchases/redemptions.
        """
    def staking_defi_eth_apy_history(
        self,
        *,
        days: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past yields of ETH staking.

        GET /api/v5/finance/staking-defi/eth/apy-history, no key needed, limit 6 in 1 s per IP.
        OKX: Financial Product › ETH staking › GET / APY history (Public).
        """
    def staking_defi_eth_balance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """BETH held and what it earned.

        GET /api/v5/finance/staking-defi/eth/balance, permission read, limit 6 in 1 s per user.
        OKX: Financial Product › ETH staking › GET / Balance.
        """
    def staking_defi_eth_cancel_redeem(
        self,
        *,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take back a redemption of BETH.

        POST /api/v5/finance/staking-defi/eth/cancel-redeem, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › ETH staking › POST / Cancel redeem.
        """
    def staking_defi_eth_product_info(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Terms and quota of ETH staking.

        GET /api/v5/finance/staking-defi/eth/product-info, permission read, limit 3 in 1 s per user.
        OKX: Financial Product › ETH staking › GET / Product info.
        """
    def staking_defi_eth_purchase(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stake ETH for BETH.

        POST /api/v5/finance/staking-defi/eth/purchase, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › ETH staking › POST / Purchase.
        """
    def staking_defi_eth_purchase_redeem_history(
        self,
        *,
        type: Query | None = None,
        status: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past staking and redemption of ETH.

        GET /api/v5/finance/staking-defi/eth/purchase-redeem-history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › ETH staking › GET / Purchase&Redeem history.
        """
    def staking_defi_eth_redeem(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Turn BETH back into ETH.

        POST /api/v5/finance/staking-defi/eth/redeem, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › ETH staking › POST / Redeem.
        """
    def staking_defi_offers(
        self,
        *,
        productId: Query | None = None,
        protocolType: Query | None = None,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Products of on-chain earn.

        GET /api/v5/finance/staking-defi/offers, permission read, limit 3 in 1 s per user.
        OKX: Financial Product › On-chain earn › GET / Offers.
        """
    def staking_defi_orders_active(
        self,
        *,
        productId: Query | None = None,
        protocolType: Query | None = None,
        ccy: Query | None = None,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Investments in on-chain earn that run.

        GET /api/v5/finance/staking-defi/orders-active, permission read, limit 3 in 1 s per user.
        OKX: Financial Product › On-chain earn › GET / Active orders.
        """
    def staking_defi_orders_history(
        self,
        *,
        productId: Query | None = None,
        protocolType: Query | None = None,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Investments in on-chain earn that ended.

        GET /api/v5/finance/staking-defi/orders-history, permission read, limit 3 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › On-chain earn › GET / Order history.
        """
    def staking_defi_purchase(
        self,
        *,
        productId: Text,
        investData: Sequence[Object],
        term: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Invest in a product of on-chain earn.

        POST /api/v5/finance/staking-defi/purchase, permission trade, limit 2 in 1 s per user.
        Some cases need term.
        investData: objects of ccy (needed), amt (needed).
        OKX: Financial Product › On-chain earn › POST / Purchase.
        """
    def staking_defi_redeem(
        self,
        *,
        ordId: Text,
        protocolType: Text,
        allowEarlyRedeem: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take an investment out of on-chain earn.

        POST /api/v5/finance/staking-defi/redeem, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › On-chain earn › POST / Redeem.
        """
    def staking_defi_sol_apy_history(
        self,
        *,
        days: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past yields of SOL staking.

        GET /api/v5/finance/staking-defi/sol/apy-history, no key needed, limit 6 in 1 s per IP.
        OKX: Financial Product › SOL staking › GET / APY history (Public).
        """
    def staking_defi_sol_balance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """OKSOL held and what it earned.

        GET /api/v5/finance/staking-defi/sol/balance, permission read, limit 6 in 1 s per user.
        OKX: Financial Product › SOL staking › GET / Balance.
        """
    def staking_defi_sol_product_info(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Terms and quota of SOL staking.

        GET /api/v5/finance/staking-defi/sol/product-info, permission read, limit 3 in 1 s per user.
        OKX: Financial Product › SOL staking › GET / Product info.
        """
    def staking_defi_sol_purchase(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stake SOL for OKSOL.

        POST /api/v5/finance/staking-defi/sol/purchase, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › SOL staking › POST / Purchase.
        """
    def staking_defi_sol_purchase_redeem_history(
        self,
        *,
        type: Query | None = None,
        status: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past staking and redemption of SOL.

        GET /api/v5/finance/staking-defi/sol/purchase-redeem-history, permission read, limit 6 in 1 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Financial Product › SOL staking › GET / Purchase&Redeem history.
        """
    def staking_defi_sol_redeem(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Turn OKSOL back into SOL.

        POST /api/v5/finance/staking-defi/sol/redeem, permission trade, limit 2 in 1 s per user.
        OKX: Financial Product › SOL staking › POST / Redeem.
        """

class AsyncFinance:
    """`/api/v5/finance`, awaitable."""

    async def flexible_loan_adjust_collateral(
        self,
        *,
        type: Text,
        collateralCcy: Text,
        collateralAmt: Text,
        ordId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_borrow(
        self,
        *,
        loanData: Object,
        clOrdId: Text,
        ordId: Text | None = None,
        collateralData: Sequence[Object] | None = None,
        eMode: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_borrow_currencies(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_collateral_assets(
        self,
        *,
        ccy: Query | None = None,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_emode_info(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_interest_accrued(
        self,
        *,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_loan_history(
        self,
        *,
        type: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_loan_info(
        self,
        *,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_max_collateral_redeem_amount(
        self,
        *,
        ccy: Query,
        ordId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_max_loan(
        self,
        *,
        borrowCcy: Text,
        ordId: Text | None = None,
        supCollateral: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def flexible_loan_repay(
        self,
        *,
        ordId: Text,
        ccy: Text,
        amt: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def okusd_account(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def okusd_limits(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def okusd_rate_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def okusd_redeem(
        self,
        *,
        amt: Text,
        redeemType: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def okusd_redeem_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        type: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def okusd_rewards_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def okusd_subscribe(
        self,
        *,
        amt: Text,
        clOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def okusd_subscribe_history(
        self,
        *,
        limit: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def savings_balance(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def savings_lending_history(
        self,
        *,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def savings_lending_rate_history(
        self,
        *,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def savings_lending_rate_summary(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def savings_purchase_redempt(
        self,
        *,
        ccy: Text,
        amt: Text,
        side: Text,
        rate: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def savings_set_lending_rate(
        self,
        *,
        ccy: Text,
        rate: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_currency_pair(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_order_history(
        self,
        *,
        ordId: Query | None = None,
        productId: Query | None = None,
        uly: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_order_status(
        self,
        *,
        ordId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_products(
        self,
        *,
        baseCcy: Query,
        quoteCcy: Query,
        optType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def sfp_dcd_quote(
        self,
        *,
        productId: Text,
        notionalSz: Text,
        notionalCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_redeem(
        self,
        *,
        ordId: Text,
        quoteId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_redeem_quote(
        self,
        *,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sfp_dcd_trade(
        self,
        *,
        quoteId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def stable_rewards_apy_history(
        self,
        *,
        ccy: Query,
        days: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def stable_rewards_balance(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def stable_rewards_product_info(
        self,
        *,
        ccy: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_cancel(
        self,
        *,
        ordId: Text,
        protocolType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_apy_history(
        self,
        *,
        days: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_balance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_cancel_redeem(
        self,
        *,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_product_info(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_purchase(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_purchase_redeem_history(
        self,
        *,
        type: Query | None = None,
        status: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_eth_redeem(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_offers(
        self,
        *,
        productId: Query | None = None,
        protocolType: Query | None = None,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_orders_active(
        self,
        *,
        productId: Query | None = None,
        protocolType: Query | None = None,
        ccy: Query | None = None,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_orders_history(
        self,
        *,
        productId: Query | None = None,
        protocolType: Query | None = None,
        ccy: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_purchase(
        self,
        *,
        productId: Text,
        investData: Sequence[Object],
        term: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_redeem(
        self,
        *,
        ordId: Text,
        protocolType: Text,
        allowEarlyRedeem: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_sol_apy_history(
        self,
        *,
        days: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_sol_balance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_sol_product_info(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_sol_purchase(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_sol_purchase_redeem_history(
        self,
        *,
        type: Query | None = None,
        status: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def staking_defi_sol_redeem(
        self,
        *,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Market:
    """`/api/v5/market`."""

    def block_ticker(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Block trading volume of one instrument in 24 hours.

        GET /api/v5/market/block-ticker, no key needed, limit 20 in 2 s per IP.
        OKX: Block Trading › REST API › Get block ticker.
        """
    def block_tickers(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Block trading volume of all instruments of a type in 24 hours.

        GET /api/v5/market/block-tickers, no key needed, limit 20 in 2 s per IP.
        OKX: Block Trading › REST API › Get block tickers.
        """
    def block_trades(
        self,
        *,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recent block trades of an instrument; use `public.block_trades`.

        GET /api/v5/market/block-trades, no key needed, limit not stated.
        Deprecated.
        OKX: Block Trading › REST API › Get public single-leg transactions of block trades.
        """
    def books(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderBook:
        """Order book, up to 400 levels a side.

        GET /api/v5/market/books, no key needed, limit 40 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / Order book.
        """
    def books_full(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderBook:
        """Order book, up to 5000 levels a side.

        GET /api/v5/market/books-full, no key needed, limit 10 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / Full order book.
        """
    def books_lite(
        self,
        *,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderBook:
        """Top 25 levels of an order book; use `market.books`.

        GET /api/v5/market/books-lite, no key needed, limit 12 in 2 s per IP.
        Deprecated.
        OKX: Order Book Trading › Market Data › GET / Order book.
        """
    def books_rpi(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.RpiOrderBook:
        """Order book with retail price improvement orders.

        GET /api/v5/market/books-rpi, no key needed, limit 20 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / RPI order book.
        """
    def books_sbe(
        self,
        *,
        instIdCode: int | str,
        source: int | str,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> bytes:
        """Order book in binary form (SBE).

        GET /api/v5/market/books-sbe, no key needed, limit 10 in 10 s per IP and instrument.
        OKX: Order Book Trading › SBE Market Data › SBE Order book.
        """
    def call_auction_detail(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """State of a call auction; use `market.call_auction_details`.

        GET /api/v5/market/call-auction-detail, no key needed, limit 20 in 2 s per IP.
        Deprecated.
        OKX: Order Book Trading › Market Data › GET / Call auction details.
        """
    def call_auction_details(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """State of a call auction: matched size and price so far.

        GET /api/v5/market/call-auction-details, no key needed, limit 20 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / Call auction details.
        """
    def candles(
        self,
        *,
        instId: Query,
        bar: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        adjust: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Candle]:
        """Newest candles of an instrument, up to 1440.

        GET /api/v5/market/candles, no key needed, limit 40 in 2 s per IP.
        Up to 300 at once, 100 without `limit`.
        OKX: Order Book Trading › Market Data › GET / Candlesticks.
        """
    def exchange_rate(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Average USD/CNY rate of the last two weeks.

        GET /api/v5/market/exchange-rate, no key needed, limit 1 in 2 s per IP.
        OKX: Public Data › REST API › Get exchange rate.
        """
    def history_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        adjust: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Candle]:
        """Candles of the past years.

        GET /api/v5/market/history-candles, no key needed, limit 20 in 2 s per IP.
        Up to 300 at once, 100 without `limit`.
        OKX: Order Book Trading › Market Data › GET / Candlesticks history.
        """
    def history_index_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]:
        """Candles of an index, past years.

        GET /api/v5/market/history-index-candles, no key needed, limit 10 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get index candlesticks history.
        """
    def history_mark_price_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]:
        """Candles of a mark price, past years.

        GET /api/v5/market/history-mark-price-candles, no key needed, limit 20 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get mark price candlesticks history.
        """
    def history_trades(
        self,
        *,
        instId: Query,
        type: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Trade]:
        """Public trades of the last 3 months.

        GET /api/v5/market/history-trades, no key needed, limit 20 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Market Data › GET / Trades history.
        """
    def index_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]:
        """Newest candles of an index.

        GET /api/v5/market/index-candles, no key needed, limit 20 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get index candlesticks.
        """
    def index_components(
        self,
        *,
        index: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> dict[str, Any]:
        """Exchanges and weights behind an index.

        GET /api/v5/market/index-components, no key needed, limit 20 in 2 s per IP.
        OKX: Public Data › REST API › Get index components.
        """
    def index_tickers(
        self,
        *,
        quoteCcy: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexTicker]:
        """Last values and 24-hour range of indices.

        GET /api/v5/market/index-tickers, no key needed, limit 20 in 2 s per IP.
        Some cases need quoteCcy, instId.
        OKX: Public Data › REST API › Get index tickers.
        """
    def mark_price_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]:
        """Newest candles of a mark price.

        GET /api/v5/market/mark-price-candles, no key needed, limit 20 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get mark price candlesticks.
        """
    def option_instrument_family_trades(
        self,
        *,
        instFamily: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recent trades of all options of a family, calls and puts.

        GET /api/v5/market/option/instrument-family-trades, no key needed, limit 20 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / Option trades by instrument family.
        """
    def platform_24_volume(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Volume of the whole exchange in 24 hours.

        GET /api/v5/market/platform-24-volume, no key needed, limit 2 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / 24H total volume.
        """
    def pm_books(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Order book of an outcome.

        GET /api/v5/market/pm-books, permission read, limit 40 in 2 s per user.
        OKX: Outcomes › Market data.
        """
    def sprd_candles(
        self,
        *,
        sprdId: Query,
        bar: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.SpreadCandle]:
        """Newest candles of a spread.

        GET /api/v5/market/sprd-candles, no key needed, limit 40 in 2 s per IP.
        Up to 300 at once, 100 without `limit`.
        OKX: Spread Trading › REST API › Get candlesticks.
        """
    def sprd_history_candles(
        self,
        *,
        sprdId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.SpreadCandle]:
        """Candles of a spread, past months.

        GET /api/v5/market/sprd-history-candles, no key needed, limit 20 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Spread Trading › REST API › Get candlesticks history.
        """
    def sprd_ticker(
        self,
        *,
        sprdId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.SpreadTicker:
        """Last price, best bid and ask, and volume of a spread.

        GET /api/v5/market/sprd-ticker, no key needed, limit 20 in 2 s per IP.
        OKX: Spread Trading › REST API › Get ticker (Public).
        """
    def ticker(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.Ticker:
        """Last price, best bid and ask, and 24-hour figures of an instrument.

        GET /api/v5/market/ticker, no key needed, limit 20 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / Ticker.
        """
    def tickers(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Ticker]:
        """Last price, best bid and ask, and 24-hour figures of all instruments of a type.

        GET /api/v5/market/tickers, no key needed, limit 20 in 2 s per IP.
        OKX: Order Book Trading › Market Data › GET / Tickers.
        """
    def trades(
        self,
        *,
        instId: Query,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Trade]:
        """Newest public trades, up to 500.

        GET /api/v5/market/trades, no key needed, limit 100 in 2 s per IP.
        Up to 500 at once, 100 without `limit`.
        OKX: Order Book Trading › Market Data › GET / Trades.
        """

class AsyncMarket:
    """`/api/v5/market`, awaitable."""

    async def block_ticker(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def block_tickers(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def block_trades(
        self,
        *,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def books(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderBook: ...
    async def books_full(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderBook: ...
    async def books_lite(
        self,
        *,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderBook: ...
    async def books_rpi(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.RpiOrderBook: ...
    async def books_sbe(
        self,
        *,
        instIdCode: int | str,
        source: int | str,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> bytes: ...
    async def call_auction_detail(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def call_auction_details(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def candles(
        self,
        *,
        instId: Query,
        bar: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        adjust: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Candle]: ...
    async def exchange_rate(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def history_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        adjust: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Candle]: ...
    async def history_index_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]: ...
    async def history_mark_price_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]: ...
    async def history_trades(
        self,
        *,
        instId: Query,
        type: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Trade]: ...
    async def index_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]: ...
    async def index_components(
        self,
        *,
        index: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> dict[str, Any]: ...
    async def index_tickers(
        self,
        *,
        quoteCcy: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexTicker]: ...
    async def mark_price_candles(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.IndexCandle]: ...
    async def option_instrument_family_trades(
        self,
        *,
        instFamily: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def platform_24_volume(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def pm_books(
        self,
        *,
        instId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def sprd_candles(
        self,
        *,
        sprdId: Query,
        bar: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.SpreadCandle]: ...
    async def sprd_history_candles(
        self,
        *,
        sprdId: Query,
        after: Query | None = None,
        before: Query | None = None,
        bar: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.SpreadCandle]: ...
    async def sprd_ticker(
        self,
        *,
        sprdId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.SpreadTicker: ...
    async def ticker(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.Ticker: ...
    async def tickers(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Ticker]: ...
    async def trades(
        self,
        *,
        instId: Query,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Trade]: ...

class Predictions:
    """`/api/v5/predictions`."""

    def balance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> Any:
        """Balance for outcomes.

        GET /api/v5/predictions/balance, permission read, limit not stated.
        OKX: Outcomes › Balance.
        """
    def events(
        self,
        *,
        status: Query | None = None,
        sort: Query | None = None,
        tag: Query | None = None,
        leagueId: Query | None = None,
        cursor: Query | None = None,
        pageSize: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Events that can be traded.

        GET /api/v5/predictions/events, permission read, limit not stated.
        OKX: Outcomes › Events and markets.
        """
    def events_by_event_id(
        self,
        *,
        eventId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """One event with its markets.

        GET /api/v5/predictions/events/{eventId}, permission read, limit not stated.
        OKX: Outcomes › Events and markets.
        """
    def events_by_event_id_markets(
        self,
        *,
        eventId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Markets of one event.

        GET /api/v5/predictions/events/{eventId}/markets, permission read, limit not stated.
        OKX: Outcomes › Events and markets.
        """
    def events_search(
        self,
        *,
        keyword: Query,
        cursor: Query | None = None,
        pageSize: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Events that match a keyword.

        GET /api/v5/predictions/events/search, permission read, limit not stated.
        OKX: Outcomes › Events and markets.
        """
    def heartbeat(
        self,
        *,
        action: Object,
        nonce: int,
        expiresAfter: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Tell OKX that this trader is still there.

        POST /api/v5/predictions/heartbeat, permission trade, limit not stated.
        action: an object of type (needed), assetIds (needed), marketType (needed).
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Orders.
        """
    def markets_by_market_id(
        self,
        *,
        marketId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """One market.

        GET /api/v5/predictions/markets/{marketId}, permission read, limit not stated.
        OKX: Outcomes › Events and markets.
        """
    def orders(
        self,
        *,
        marketId: Query | None = None,
        status: Query | None = None,
        cursor: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Own orders on outcomes.

        GET /api/v5/predictions/orders, permission read, limit not stated.
        Up to 50 at once, 20 without `limit`.
        OKX: Outcomes › Orders.
        """
    def orders_by_order_id(
        self,
        *,
        orderId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """One own order on an outcome.

        GET /api/v5/predictions/orders/{orderId}, permission read, limit not stated.
        OKX: Outcomes › Orders.
        """
    def orders_cancel(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Cancel orders on outcomes.

        POST /api/v5/predictions/orders/cancel, permission trade, limit not stated.
        action: an object of type (needed), cancels (needed), cancels.assetId (needed), cancels.marketType (needed),
        cancels.oid, cancels.clientOrderId.
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Orders.
        """
    def orders_cancel_all(
        self,
        *,
        action: Object,
        nonce: int,
        expiresAfter: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Cancel all orders on outcomes, or those of some assets.

        POST /api/v5/predictions/orders/cancel-all, permission trade, limit not stated.
        action: an object of type (needed), assetIds (needed), marketType (needed).
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Orders.
        """
    def place_orders(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Place signed orders on outcomes.

        POST /api/v5/predictions/orders, permission trade, limit not stated.
        action: an object of type (needed), grouping (needed), orders (needed), orders.assetId (needed),
        orders.marketType (needed), orders.side (needed), orders.price (needed), orders.size (needed),
        orders.clientOrderId (needed), orders.orderType (needed), orders.orderType.limit.tif (needed),
        orders.reduceOnly, orders.sizeType.
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Orders.
        """
    def positions(
        self,
        *,
        status: Query | None = None,
        marketId: Query | None = None,
        cursor: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Own positions in outcomes.

        GET /api/v5/predictions/positions, permission read, limit not stated.
        Up to 100 at once, 20 without `limit`.
        OKX: Outcomes › Positions.
        """
    def positions_merge(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Turn a pair of yes and no back into funds.

        POST /api/v5/predictions/positions/merge, permission trade, limit not stated.
        action: an object of type (needed), marketId (needed), size (needed).
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Positions.
        """
    def positions_redeem(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Cash in the winning side of a settled market.

        POST /api/v5/predictions/positions/redeem, permission trade, limit not stated.
        action: an object of type (needed), marketId (needed).
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Positions.
        """
    def positions_split(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Turn funds into a pair of yes and no.

        POST /api/v5/predictions/positions/split, permission trade, limit not stated.
        action: an object of type (needed), marketId (needed), size (needed).
        signature: an object of Ecdsa (needed), Ecdsa.r (needed), Ecdsa.s (needed), Ecdsa.v (needed).
        OKX: Outcomes › Positions.
        """
    def trades(
        self,
        *,
        marketId: Query | None = None,
        side: Query | None = None,
        startTime: Query | None = None,
        endTime: Query | None = None,
        cursor: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any:
        """Own trades in outcomes.

        GET /api/v5/predictions/trades, permission read, limit not stated.
        Up to 100 at once, 20 without `limit`.
        OKX: Outcomes › Trades.
        """

class AsyncPredictions:
    """`/api/v5/predictions`, awaitable."""

    async def balance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> Any: ...
    async def events(
        self,
        *,
        status: Query | None = None,
        sort: Query | None = None,
        tag: Query | None = None,
        leagueId: Query | None = None,
        cursor: Query | None = None,
        pageSize: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def events_by_event_id(
        self,
        *,
        eventId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def events_by_event_id_markets(
        self,
        *,
        eventId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def events_search(
        self,
        *,
        keyword: Query,
        cursor: Query | None = None,
        pageSize: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def heartbeat(
        self,
        *,
        action: Object,
        nonce: int,
        expiresAfter: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def markets_by_market_id(
        self,
        *,
        marketId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def orders(
        self,
        *,
        marketId: Query | None = None,
        status: Query | None = None,
        cursor: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def orders_by_order_id(
        self,
        *,
        orderId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def orders_cancel(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def orders_cancel_all(
        self,
        *,
        action: Object,
        nonce: int,
        expiresAfter: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def place_orders(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def positions(
        self,
        *,
        status: Query | None = None,
        marketId: Query | None = None,
        cursor: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def positions_merge(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def positions_redeem(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def positions_split(
        self,
        *,
        action: Object,
        nonce: int,
        signature: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...
    async def trades(
        self,
        *,
        marketId: Query | None = None,
        side: Query | None = None,
        startTime: Query | None = None,
        endTime: Query | None = None,
        cursor: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> Any: ...

class Public:
    """`/api/v5/public`."""

    def block_trades(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recent block trades of an instrument, leg by leg.

        GET /api/v5/public/block-trades, no key needed, limit 20 in 2 s per IP.
        OKX: Block Trading › REST API › Get public single-leg transactions of block trades.
        """
    def convert_contract_coin(
        self,
        *,
        instId: Query,
        sz: Query,
        type: Query | None = None,
        px: Query | None = None,
        unit: Query | None = None,
        opType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Contracts to coins and back.

        GET /api/v5/public/convert-contract-coin, no key needed, limit 10 in 2 s per IP.
        Some cases need px.
        OKX: Public Data › REST API › Unit convert.
        """
    def delivery_exercise_history(
        self,
        *,
        instType: Query,
        instFamily: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Delivered futures and exercised options of the last 3 months.

        GET /api/v5/public/delivery-exercise-history, no key needed, limit 40 in 2 s per IP, type of instrument and
        family.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get delivery/exercise history.
        """
    def delta_hedge_currencies(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Currencies whose spot hedges derivatives in the margin computation.

        GET /api/v5/public/delta-hedge-currencies, no key needed, limit 20 in 2 s per IP.
        OKX: Public Data › REST API › Get delta hedge currencies.
        """
    def discount_rate_interest_free_quota(
        self,
        *,
        ccy: Query | None = None,
        discountLv: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How much of a currency counts as collateral, by tier.

        GET /api/v5/public/discount-rate-interest-free-quota, no key needed, limit 2 in 2 s per IP.
        OKX: Public Data › REST API › Get discount rate and interest-free quota.
        """
    def economic_calendar(
        self,
        *,
        region: Query | None = None,
        importance: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Economic events and figures; needs a key, live only.

        GET /api/v5/public/economic-calendar, permission read, limit 1 in 5 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get economic calendar data.
        """
    def estimated_price(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Estimated price of delivery, exercise or settlement, shortly before it.

        GET /api/v5/public/estimated-price, no key needed, limit 10 in 2 s per IP and instrument.
        OKX: Public Data › REST API › Get estimated delivery/exercise price.
        """
    def estimated_settlement_info(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Estimated price of the next settlement of futures.

        GET /api/v5/public/estimated-settlement-info, no key needed, limit 10 in 2 s per IP and instrument.
        OKX: Public Data › REST API › Get estimated future settlement price.
        """
    def event_contract_events(
        self,
        *,
        seriesId: Query,
        eventId: Query | None = None,
        state: Query | None = None,
        limit: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Events of an event contract series.

        GET /api/v5/public/event-contract/events, no key needed, limit 10 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get events.
        """
    def event_contract_markets(
        self,
        *,
        seriesId: Query,
        eventId: Query | None = None,
        instId: Query | None = None,
        state: Query | None = None,
        limit: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Markets of an event contract series.

        GET /api/v5/public/event-contract/markets, no key needed, limit 10 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get markets.
        """
    def event_contract_series(
        self,
        *,
        seriesId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Series of event contracts.

        GET /api/v5/public/event-contract/series, no key needed, limit 10 in 2 s per IP.
        OKX: Public Data › REST API › Get series.
        """
    def funding_rate(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingRate]:
        """Current and next funding rate of a perpetual.

        GET /api/v5/public/funding-rate, no key needed, limit 10 in 2 s per IP and instrument.
        OKX: Public Data › REST API › Get funding rate.
        """
    def funding_rate_history(
        self,
        *,
        instId: Query,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingRateRecord]:
        """Past funding rates of a perpetual.

        GET /api/v5/public/funding-rate-history, no key needed, limit 10 in 2 s per IP and instrument.
        Up to 400 at once, 400 without `limit`.
        OKX: Public Data › REST API › Get funding rate history.
        """
    def instrument_tick_bands(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Tick sizes of options by price.

        GET /api/v5/public/instrument-tick-bands, no key needed, limit 5 in 2 s per IP.
        OKX: Public Data › REST API › Get option tick bands.
        """
    def instruments(
        self,
        *,
        instType: Query,
        seriesId: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Instrument]:
        """Instruments of a type with tick, lot, contract value and state.

        GET /api/v5/public/instruments, no key needed, limit 20 in 2 s per IP and type of instrument.
        Some cases need seriesId, instFamily.
        OKX: Public Data › REST API › Get instruments.
        """
    def insurance_fund(
        self,
        *,
        instType: Query,
        type: Query | None = None,
        instFamily: Query | None = None,
        ccy: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Balance of the insurance fund and what changed it.

        GET /api/v5/public/insurance-fund, no key needed, limit 10 in 2 s per IP.
        Some cases need instFamily, ccy.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get insurance fund.
        """
    def interest_rate_loan_quota(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Borrowing rates and quotas by VIP level.

        GET /api/v5/public/interest-rate-loan-quota, no key needed, limit 2 in 2 s per IP.
        OKX: Public Data › REST API › Get interest rate and loan quota.
        """
    def liquidation_orders(
        self,
        *,
        instType: Query | None = None,
        mgnMode: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        uly: Query | None = None,
        alias: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recent liquidations; the WebSocket channel has taken its place.

        GET /api/v5/public/liquidation-orders, no key needed, limit 40 in 2 s per IP.
        Deprecated.
        OKX: Public Data › REST API › Get liquidation orders.
        """
    def mark_price(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MarkPrice]:
        """Mark prices.

        GET /api/v5/public/mark-price, no key needed, limit 10 in 2 s per IP and instrument.
        OKX: Public Data › REST API › Get mark price.
        """
    def market_data_history(
        self,
        *,
        module: Query,
        instType: Query,
        dateAggrType: Query,
        begin: Query,
        end: Query,
        instIdList: Query | None = None,
        instFamilyList: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Links to files with past trades, candles, funding rates and books.

        GET /api/v5/public/market-data-history, no key needed, limit 5 in 2 s per IP.
        Some cases need instIdList, instFamilyList.
        OKX: Public Data › REST API › Get historical market data.
        """
    def mm_instrument_types(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Type by which an instrument counts in the market maker programme.

        GET /api/v5/public/mm-instrument-types, no key needed, limit 5 in 2 s per IP.
        OKX: Public Data › REST API › Get MM instrument types.
        """
    def open_interest(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.OpenInterest]:
        """Open interest of contracts.

        GET /api/v5/public/open-interest, no key needed, limit 20 in 2 s per IP and instrument.
        Some cases need instFamily.
        OKX: Public Data › REST API › Get open interest.
        """
    def opt_summary(
        self,
        *,
        instFamily: Query,
        expTime: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Greeks and volatilities of all options of a family.

        GET /api/v5/public/opt-summary, no key needed, limit 20 in 2 s per IP and family.
        OKX: Public Data › REST API › Get option market data.
        """
    def option_trades(
        self,
        *,
        instId: Query | None = None,
        instFamily: Query | None = None,
        optType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Newest option trades, up to 100.

        GET /api/v5/public/option-trades, no key needed, limit 20 in 2 s per IP.
        Some cases need instId, instFamily.
        OKX: Order Book Trading › Market Data › GET / Option trades.
        """
    def position_tiers(
        self,
        *,
        instType: Query,
        tdMode: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        tier: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Margin and leverage by position size.

        GET /api/v5/public/position-tiers, no key needed, limit 10 in 2 s per IP.
        Some cases need instFamily, instId, ccy.
        OKX: Public Data › REST API › Get position tiers.
        """
    def premium_history(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past premium of a perpetual over its index.

        GET /api/v5/public/premium-history, no key needed, limit 20 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get premium history.
        """
    def price_limit(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.PriceLimit:
        """Highest bid and lowest ask that an order may name.

        GET /api/v5/public/price-limit, no key needed, limit 20 in 2 s per IP.
        OKX: Public Data › REST API › Get limit price.
        """
    def settlement_history(
        self,
        *,
        instFamily: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past settlements of futures.

        GET /api/v5/public/settlement-history, no key needed, limit 40 in 2 s per IP and family.
        Up to 100 at once, 100 without `limit`.
        OKX: Public Data › REST API › Get futures settlement history.
        """
    def time(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> models.ServerTime:
        """OKX's clock, in Unix ms.

        GET /api/v5/public/time, no key needed, limit 10 in 2 s per IP.
        OKX: Public Data › REST API › Get system time.
        """
    def underlying(
        self,
        *,
        instType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Underlyings of a type of derivatives.

        GET /api/v5/public/underlying, no key needed, limit 20 in 2 s per IP.
        OKX: Public Data › REST API › Get underlying.
        """

class AsyncPublic:
    """`/api/v5/public`, awaitable."""

    async def block_trades(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def convert_contract_coin(
        self,
        *,
        instId: Query,
        sz: Query,
        type: Query | None = None,
        px: Query | None = None,
        unit: Query | None = None,
        opType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def delivery_exercise_history(
        self,
        *,
        instType: Query,
        instFamily: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def delta_hedge_currencies(
        self,
        *,
        ccy: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def discount_rate_interest_free_quota(
        self,
        *,
        ccy: Query | None = None,
        discountLv: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def economic_calendar(
        self,
        *,
        region: Query | None = None,
        importance: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def estimated_price(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def estimated_settlement_info(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def event_contract_events(
        self,
        *,
        seriesId: Query,
        eventId: Query | None = None,
        state: Query | None = None,
        limit: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def event_contract_markets(
        self,
        *,
        seriesId: Query,
        eventId: Query | None = None,
        instId: Query | None = None,
        state: Query | None = None,
        limit: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def event_contract_series(
        self,
        *,
        seriesId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def funding_rate(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingRate]: ...
    async def funding_rate_history(
        self,
        *,
        instId: Query,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.FundingRateRecord]: ...
    async def instrument_tick_bands(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def instruments(
        self,
        *,
        instType: Query,
        seriesId: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Instrument]: ...
    async def insurance_fund(
        self,
        *,
        instType: Query,
        type: Query | None = None,
        instFamily: Query | None = None,
        ccy: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def interest_rate_loan_quota(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def liquidation_orders(
        self,
        *,
        instType: Query | None = None,
        mgnMode: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        uly: Query | None = None,
        alias: Query | None = None,
        before: Query | None = None,
        after: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def mark_price(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.MarkPrice]: ...
    async def market_data_history(
        self,
        *,
        module: Query,
        instType: Query,
        dateAggrType: Query,
        begin: Query,
        end: Query,
        instIdList: Query | None = None,
        instFamilyList: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def mm_instrument_types(
        self,
        *,
        instType: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def open_interest(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.OpenInterest]: ...
    async def opt_summary(
        self,
        *,
        instFamily: Query,
        expTime: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def option_trades(
        self,
        *,
        instId: Query | None = None,
        instFamily: Query | None = None,
        optType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def position_tiers(
        self,
        *,
        instType: Query,
        tdMode: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ccy: Query | None = None,
        tier: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def premium_history(
        self,
        *,
        instId: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def price_limit(
        self,
        *,
        instId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.PriceLimit: ...
    async def settlement_history(
        self,
        *,
        instFamily: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def time(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> models.ServerTime: ...
    async def underlying(
        self,
        *,
        instType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...

class Rfq:
    """`/api/v5/rfq`."""

    def cancel_all_after(
        self,
        *,
        timeOut: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel all quotes unless this call is repeated in time.

        POST /api/v5/rfq/cancel-all-after, permission trade, limit 1 in 1 s per user.
        OKX: Block Trading › REST API › Cancel all after.
        """
    def cancel_all_quotes(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Cancel all own quotes.

        POST /api/v5/rfq/cancel-all-quotes, permission trade, limit 2 in 2 s per user.
        OKX: Block Trading › REST API › Cancel all quotes.
        """
    def cancel_all_rfqs(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Cancel all own RFQs.

        POST /api/v5/rfq/cancel-all-rfqs, permission trade, limit 2 in 2 s per user.
        OKX: Block Trading › REST API › Cancel all RFQs.
        """
    def cancel_batch_quotes(
        self,
        *,
        quoteIds: Texts | None = None,
        clQuoteIds: Texts | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel several quotes.

        POST /api/v5/rfq/cancel-batch-quotes, permission trade, limit 2 in 2 s per user.
        Some cases need quoteIds, clQuoteIds.
        OKX: Block Trading › REST API › Cancel multiple quotes.
        """
    def cancel_batch_rfqs(
        self,
        *,
        rfqIds: Texts | None = None,
        clRfqIds: Texts | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel several RFQs.

        POST /api/v5/rfq/cancel-batch-rfqs, permission trade, limit 2 in 2 s per user.
        Some cases need rfqIds, clRfqIds.
        OKX: Block Trading › REST API › Cancel multiple RFQs.
        """
    def cancel_quote(
        self,
        *,
        quoteId: Text | None = None,
        clQuoteId: Text | None = None,
        rfqId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel one quote.

        POST /api/v5/rfq/cancel-quote, permission trade, limit 50 in 2 s per user.
        Some cases need quoteId, clQuoteId.
        OKX: Block Trading › REST API › Cancel quote.
        """
    def cancel_rfq(
        self,
        *,
        rfqId: Text | None = None,
        clRfqId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel one RFQ.

        POST /api/v5/rfq/cancel-rfq, permission trade, limit 5 in 2 s per user.
        Some cases need rfqId, clRfqId.
        OKX: Block Trading › REST API › Cancel RFQ.
        """
    def counterparties(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Whom an RFQ may be sent to.

        GET /api/v5/rfq/counterparties, permission read, limit 5 in 2 s per user.
        OKX: Block Trading › REST API › Get counterparties.
        """
    def create_quote(
        self,
        *,
        rfqId: Text,
        quoteSide: Text,
        legs: Sequence[Object],
        clQuoteId: Text | None = None,
        tag: Text | None = None,
        anonymous: bool | None = None,
        expiresIn: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Answer an RFQ with prices.

        POST /api/v5/rfq/create-quote, permission trade, limit 50 in 2 s per user.
        legs: objects of instId (needed), sz (needed), px (needed), side (needed), tdMode, ccy, posSide, tgtCcy,
        tradeQuoteCcy.
        OKX: Block Trading › REST API › Create quote.
        """
    def create_rfq(
        self,
        *,
        counterparties: Texts,
        legs: Sequence[Object],
        anonymous: bool | None = None,
        clRfqId: Text | None = None,
        tag: Text | None = None,
        allowPartialExecution: bool | None = None,
        acctAlloc: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ask counterparties to quote a trade of one or more legs.

        POST /api/v5/rfq/create-rfq, permission trade, limit 5 in 2 s per user; also 80/12h.
        legs: objects of instId (needed), sz (needed), side (needed), tdMode, ccy, lmtPx, posSide, tgtCcy,
        tradeQuoteCcy.
        acctAlloc: objects of acct (needed), legs (needed), legs.sz (needed), legs.instId (needed), legs.tdMode,
        legs.ccy, legs.posSide.
        OKX: Block Trading › REST API › Create RFQ.
        """
    def execute_quote(
        self,
        *,
        rfqId: Text,
        quoteId: Text,
        legs: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take a quote.

        POST /api/v5/rfq/execute-quote, permission trade, limit 2 in 3 s per user.
        legs: objects of instId (needed), sz (needed).
        OKX: Block Trading › REST API › Execute quote.
        """
    def maker_instrument_settings(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Products this maker quotes, with bands and limits.

        GET /api/v5/rfq/maker-instrument-settings, permission read, limit 5 in 2 s per user.
        OKX: Block Trading › REST API › Get quote products.
        """
    def mmp_config(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Market maker protection of block trading, as set.

        GET /api/v5/rfq/mmp-config, permission read, limit 5 in 2 s per user.
        OKX: Block Trading › REST API › Get MMP config.
        """
    def mmp_reset(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Unfreeze market maker protection of block trading.

        POST /api/v5/rfq/mmp-reset, permission trade, limit 5 in 2 s per user.
        OKX: Block Trading › REST API › Reset MMP status.
        """
    def public_trades(
        self,
        *,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Block trades of everybody, with all their legs.

        GET /api/v5/rfq/public-trades, no key needed, limit 5 in 2 s per IP.
        Up to 100 at once, 100 without `limit`.
        OKX: Block Trading › REST API › Get public multi-leg transactions of block trades.
        """
    def quotes(
        self,
        *,
        rfqId: Query | None = None,
        clRfqId: Query | None = None,
        quoteId: Query | None = None,
        clQuoteId: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Quotes made or received.

        GET /api/v5/rfq/quotes, permission read, limit 2 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Block Trading › REST API › Get quotes.
        """
    def rfqs(
        self,
        *,
        rfqId: Query | None = None,
        clRfqId: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """RFQs made or received.

        GET /api/v5/rfq/rfqs, permission read, limit 2 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Block Trading › REST API › Get RFQs.
        """
    def set_maker_instrument_settings(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose the products this maker quotes; replaces what was set before.

        POST /api/v5/rfq/maker-instrument-settings, permission trade, limit 5 in 2 s per user.
        items: objects, each with instType, data; it may have includeAll.
        data: objects of instFamily, instId, maxBlockSz, makerPxBand.
        OKX: Block Trading › REST API › Set quote products.
        """
    def set_mmp_config(
        self,
        *,
        timeInterval: Text,
        frozenInterval: Text,
        countLimit: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set market maker protection of block trading.

        POST /api/v5/rfq/mmp-config, permission trade, limit 1 in 10 s per user.
        OKX: Block Trading › REST API › Set MMP.
        """
    def trades(
        self,
        *,
        rfqId: Query | None = None,
        clRfqId: Query | None = None,
        quoteId: Query | None = None,
        blockTdId: Query | None = None,
        clQuoteId: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        beginTs: Query | None = None,
        endTs: Query | None = None,
        limit: Query | None = None,
        isSuccessful: bool | str | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Own block trades.

        GET /api/v5/rfq/trades, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Block Trading › REST API › Get trades.
        """

class AsyncRfq:
    """`/api/v5/rfq`, awaitable."""

    async def cancel_all_after(
        self,
        *,
        timeOut: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_all_quotes(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def cancel_all_rfqs(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def cancel_batch_quotes(
        self,
        *,
        quoteIds: Texts | None = None,
        clQuoteIds: Texts | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_batch_rfqs(
        self,
        *,
        rfqIds: Texts | None = None,
        clRfqIds: Texts | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_quote(
        self,
        *,
        quoteId: Text | None = None,
        clQuoteId: Text | None = None,
        rfqId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_rfq(
        self,
        *,
        rfqId: Text | None = None,
        clRfqId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def counterparties(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def create_quote(
        self,
        *,
        rfqId: Text,
        quoteSide: Text,
        legs: Sequence[Object],
        clQuoteId: Text | None = None,
        tag: Text | None = None,
        anonymous: bool | None = None,
        expiresIn: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def create_rfq(
        self,
        *,
        counterparties: Texts,
        legs: Sequence[Object],
        anonymous: bool | None = None,
        clRfqId: Text | None = None,
        tag: Text | None = None,
        allowPartialExecution: bool | None = None,
        acctAlloc: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def execute_quote(
        self,
        *,
        rfqId: Text,
        quoteId: Text,
        legs: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def maker_instrument_settings(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def mmp_config(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def mmp_reset(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def public_trades(
        self,
        *,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def quotes(
        self,
        *,
        rfqId: Query | None = None,
        clRfqId: Query | None = None,
        quoteId: Query | None = None,
        clQuoteId: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def rfqs(
        self,
        *,
        rfqId: Query | None = None,
        clRfqId: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_maker_instrument_settings(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def set_mmp_config(
        self,
        *,
        timeInterval: Text,
        frozenInterval: Text,
        countLimit: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def trades(
        self,
        *,
        rfqId: Query | None = None,
        clRfqId: Query | None = None,
        quoteId: Query | None = None,
        blockTdId: Query | None = None,
        clQuoteId: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        beginTs: Query | None = None,
        endTs: Query | None = None,
        limit: Query | None = None,
        isSuccessful: bool | str | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Rubik:
    """`/api/v5/rubik`."""

    def stat_contracts_long_short_account_ratio(
        self,
        *,
        ccy: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Accounts net long to accounts net short, by currency.

        GET /api/v5/rubik/stat/contracts/long-short-account-ratio, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get long/short ratio.
        """
    def stat_contracts_long_short_account_ratio_contract(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Accounts net long to accounts net short, by contract.

        GET /api/v5/rubik/stat/contracts/long-short-account-ratio-contract, no key needed, limit 5 in 2 s per IP and
        instrument.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Statistics › REST API › Get contract long/short ratio.
        """
    def stat_contracts_long_short_account_ratio_contract_top_trader(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Of the largest traders, accounts net long to net short.

        GET /api/v5/rubik/stat/contracts/long-short-account-ratio-contract-top-trader, no key needed, limit 5 in 2 s
        per IP and instrument.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Statistics › REST API › Get top traders contract long/short ratio.
        """
    def stat_contracts_long_short_position_ratio_contract_top_trader(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Of the largest traders, positions long to short.

        GET /api/v5/rubik/stat/contracts/long-short-position-ratio-contract-top-trader, no key needed, limit 5 in 2 s
        per IP and instrument.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Statistics › REST API › Get top traders contract long/short ratio (by position).
        """
    def stat_contracts_open_interest_history(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Open interest of a contract over time.

        GET /api/v5/rubik/stat/contracts/open-interest-history, no key needed, limit 10 in 2 s per IP and instrument.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Statistics › REST API › Get contract open interest history.
        """
    def stat_contracts_open_interest_volume(
        self,
        *,
        ccy: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Open interest and volume of futures and perpetuals over time.

        GET /api/v5/rubik/stat/contracts/open-interest-volume, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get contracts open interest and volume.
        """
    def stat_margin_loan_ratio(
        self,
        *,
        ccy: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Borrowed quote to borrowed base currency over time.

        GET /api/v5/rubik/stat/margin/loan-ratio, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get margin long/short ratio.
        """
    def stat_option_open_interest_volume(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Open interest and volume of options over time.

        GET /api/v5/rubik/stat/option/open-interest-volume, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get options open interest and volume.
        """
    def stat_option_open_interest_volume_expiry(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Open interest and volume of options by expiry.

        GET /api/v5/rubik/stat/option/open-interest-volume-expiry, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get open interest and volume (expiry).
        """
    def stat_option_open_interest_volume_ratio(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Puts to calls, by open interest and volume.

        GET /api/v5/rubik/stat/option/open-interest-volume-ratio, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get put/call ratio.
        """
    def stat_option_open_interest_volume_strike(
        self,
        *,
        ccy: Query,
        expTime: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Open interest and volume of options by strike.

        GET /api/v5/rubik/stat/option/open-interest-volume-strike, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get open interest and volume (strike).
        """
    def stat_option_taker_block_volume(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[str]:
        """Bought and sold volume of calls and puts, takers and blocks.

        GET /api/v5/rubik/stat/option/taker-block-volume, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get taker flow.
        """
    def stat_taker_volume(
        self,
        *,
        ccy: Query,
        instType: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Taker volume, bought and sold, by currency.

        GET /api/v5/rubik/stat/taker-volume, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get taker volume.
        """
    def stat_taker_volume_contract(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        unit: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]:
        """Taker volume, bought and sold, by contract.

        GET /api/v5/rubik/stat/taker-volume-contract, no key needed, limit 5 in 2 s per IP and instrument.
        Up to 100 at once, 100 without `limit`.
        OKX: Trading Statistics › REST API › Get contract taker volume.
        """
    def stat_trading_data_support_coin(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> dict[str, Any]:
        """Currencies that the statistics cover.

        GET /api/v5/rubik/stat/trading-data/support-coin, no key needed, limit 5 in 2 s per IP.
        OKX: Trading Statistics › REST API › Get support coin.
        """

class AsyncRubik:
    """`/api/v5/rubik`, awaitable."""

    async def stat_contracts_long_short_account_ratio(
        self,
        *,
        ccy: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_contracts_long_short_account_ratio_contract(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_contracts_long_short_account_ratio_contract_top_trader(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_contracts_long_short_position_ratio_contract_top_trader(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_contracts_open_interest_history(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_contracts_open_interest_volume(
        self,
        *,
        ccy: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_margin_loan_ratio(
        self,
        *,
        ccy: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_option_open_interest_volume(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_option_open_interest_volume_expiry(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_option_open_interest_volume_ratio(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_option_open_interest_volume_strike(
        self,
        *,
        ccy: Query,
        expTime: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_option_taker_block_volume(
        self,
        *,
        ccy: Query,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[str]: ...
    async def stat_taker_volume(
        self,
        *,
        ccy: Query,
        instType: Query,
        begin: Query | None = None,
        end: Query | None = None,
        period: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_taker_volume_contract(
        self,
        *,
        instId: Query,
        period: Query | None = None,
        unit: Query | None = None,
        end: Query | None = None,
        begin: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[list[str]]: ...
    async def stat_trading_data_support_coin(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> dict[str, Any]: ...

class Sprd:
    """`/api/v5/sprd`."""

    def amend_order(
        self,
        *,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        reqId: Text | None = None,
        newSz: Text | None = None,
        newPx: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change price or size of a spread order.

        POST /api/v5/sprd/amend-order, permission trade, limit 20 in 2 s per user.
        Some cases need ordId, clOrdId, newSz, newPx.
        OKX: Spread Trading › REST API › Amend order.
        """
    def books(
        self,
        *,
        sprdId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Order book of a spread.

        GET /api/v5/sprd/books, no key needed, limit 20 in 2 s per IP.
        OKX: Spread Trading › REST API › Get order book (Public).
        """
    def cancel_all_after(
        self,
        *,
        timeOut: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel all spread orders unless this call is repeated in time.

        POST /api/v5/sprd/cancel-all-after, permission trade, limit 1 in 1 s per user.
        OKX: Spread Trading › REST API › Cancel all after.
        """
    def cancel_order(
        self,
        *,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel one spread order.

        POST /api/v5/sprd/cancel-order, permission trade, limit 20 in 2 s per user.
        Some cases need ordId, clOrdId.
        OKX: Spread Trading › REST API › Cancel order.
        """
    def mass_cancel(
        self,
        *,
        sprdId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel all spread orders, or those of one spread.

        POST /api/v5/sprd/mass-cancel, permission trade, limit 10 in 2 s per user.
        OKX: Spread Trading › REST API › Cancel all orders.
        """
    def order(
        self,
        *,
        ordId: Query | None = None,
        clOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One spread order.

        GET /api/v5/sprd/order, permission read, limit 20 in 2 s per user.
        Some cases need ordId, clOrdId.
        OKX: Spread Trading › REST API › Get order details.
        """
    def orders_history(
        self,
        *,
        sprdId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Finished spread orders of the last 21 days.

        GET /api/v5/sprd/orders-history, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Spread Trading › REST API › Get orders (last 21 days).
        """
    def orders_history_archive(
        self,
        *,
        sprdId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        instType: Query | None = None,
        instFamily: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Finished spread orders of the last 3 months.

        GET /api/v5/sprd/orders-history-archive, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Spread Trading › REST API › Get orders history (last 3 months).
        """
    def orders_pending(
        self,
        *,
        sprdId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Open spread orders.

        GET /api/v5/sprd/orders-pending, permission read, limit 10 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Spread Trading › REST API › Get active orders.
        """
    def place_order(
        self,
        *,
        sprdId: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        px: Text,
        clOrdId: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Place a spread order.

        POST /api/v5/sprd/order, permission trade, limit 20 in 2 s per user.
        OKX: Spread Trading › REST API › Place order.
        """
    def public_trades(
        self,
        *,
        sprdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recent trades of a spread.

        GET /api/v5/sprd/public-trades, no key needed, limit 20 in 2 s per IP.
        OKX: Spread Trading › REST API › Get public trades (Public).
        """
    def spreads(
        self,
        *,
        baseCcy: Query | None = None,
        instId: Query | None = None,
        sprdId: Query | None = None,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Spreads that can be traded.

        GET /api/v5/sprd/spreads, no key needed, limit 20 in 2 s per IP.
        OKX: Spread Trading › REST API › Get spreads (Public).
        """
    def ticker(
        self,
        *,
        sprdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Ticker of a spread; use `market.sprd_ticker`.

        GET /api/v5/sprd/ticker, no key needed, limit 20 in 2 s per IP.
        Deprecated.
        OKX: Spread Trading › REST API › Get ticker (Public).
        """
    def trades(
        self,
        *,
        sprdId: Query | None = None,
        tradeId: Query | None = None,
        ordId: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Own spread trades of the last 7 days.

        GET /api/v5/sprd/trades, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Spread Trading › REST API › Get trades (last 7 days).
        """

class AsyncSprd:
    """`/api/v5/sprd`, awaitable."""

    async def amend_order(
        self,
        *,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        reqId: Text | None = None,
        newSz: Text | None = None,
        newPx: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def books(
        self,
        *,
        sprdId: Query,
        sz: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_all_after(
        self,
        *,
        timeOut: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def cancel_order(
        self,
        *,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def mass_cancel(
        self,
        *,
        sprdId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def order(
        self,
        *,
        ordId: Query | None = None,
        clOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def orders_history(
        self,
        *,
        sprdId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def orders_history_archive(
        self,
        *,
        sprdId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        instType: Query | None = None,
        instFamily: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def orders_pending(
        self,
        *,
        sprdId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def place_order(
        self,
        *,
        sprdId: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        px: Text,
        clOrdId: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_trades(
        self,
        *,
        sprdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def spreads(
        self,
        *,
        baseCcy: Query | None = None,
        instId: Query | None = None,
        sprdId: Query | None = None,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def ticker(
        self,
        *,
        sprdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def trades(
        self,
        *,
        sprdId: Query | None = None,
        tradeId: Query | None = None,
        ordId: Query | None = None,
        beginId: Query | None = None,
        endId: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Support:
    """`/api/v5/support`."""

    def announcement_types(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[models.AnnouncementType]:
        """Types of announcements.

        GET /api/v5/support/announcement-types, no key needed, limit 1 in 2 s per IP.
        OKX: Announcement › GET / Announcement types.
        """
    def announcements(
        self,
        *,
        annType: Query | None = None,
        page: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AnnouncementPage:
        """Announcements, newest first, 20 a page; with a key also those for its country.

        GET /api/v5/support/announcements, no key needed, limit 5 in 2 s per user, or per IP without a key.
        OKX: Announcement › GET / Announcements.
        """

class AsyncSupport:
    """`/api/v5/support`, awaitable."""

    async def announcement_types(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[models.AnnouncementType]: ...
    async def announcements(
        self,
        *,
        annType: Query | None = None,
        page: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AnnouncementPage: ...

class System:
    """`/api/v5/system`."""

    def status(
        self,
        *,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Status]:
        """Maintenance: planned, running and past.

        GET /api/v5/system/status, no key needed, limit 1 in 5 s per IP.
        OKX: Status › GET / Status.
        """

class AsyncSystem:
    """`/api/v5/system`, awaitable."""

    async def status(
        self,
        *,
        state: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Status]: ...

class Trade:
    """`/api/v5/trade`."""

    def account_rate_limit(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> models.AccountRateLimit:
        """How many new and amended orders this sub-account may send in 2 s.

        GET /api/v5/trade/account-rate-limit, permission read, limit 1 in 1 s per user.
        OKX: Order Book Trading › Trade › GET / Account rate limit.
        """
    def amend_algo_order(
        self,
        *,
        instId: Text,
        algoId: Text | None = None,
        algoClOrdId: Text | None = None,
        cxlOnFail: bool | None = None,
        reqId: Text | None = None,
        newSz: Text | None = None,
        newTpTriggerPx: Text | None = None,
        newTpOrdPx: Text | None = None,
        newSlTriggerPx: Text | None = None,
        newSlOrdPx: Text | None = None,
        newTpTriggerPxType: Text | None = None,
        newSlTriggerPxType: Text | None = None,
        newTriggerPx: Text | None = None,
        newOrdPx: Text | None = None,
        newTriggerPxType: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        advChaseParams: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AlgoAck:
        """Change a pending algo order.

        POST /api/v5/trade/amend-algos, permission trade, limit 20 in 2 s per user and instrument.
        Some cases need algoId, algoClOrdId, reqId, newSz, newTpTriggerPx, newTpOrdPx, newSlTriggerPx, newSlOrdPx,
        newTpTriggerPxType, newSlTriggerPxType, newTriggerPx, newOrdPx, advChaseParams.
        attachAlgoOrds: objects of newTpTriggerPx, newTpTriggerRatio, newTpTriggerPxType, newTpOrdPx, newSlTriggerPx,
        newSlTriggerRatio, newSlTriggerPxType, newSlOrdPx, newCallbackRatio, newCallbackSpread, newActivePx.
        advChaseParams: objects of newChaseVal, newMaxChaseVal.
        OKX: Order Book Trading › Algo Trading › POST / Amend algo order.
        """
    def amend_batch_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> list[models.OrderAck]:
        """Change up to 20 orders.

        POST /api/v5/trade/amend-batch-orders, permission trade, limit 300 orders in 2 s per user and instrument
        (options: per user and family).
        items: objects, at most 20, each with instId; it may have cxlOnFail, ordId, clOrdId, reqId, newSz, newPx,
        speedBump, newPxUsd, newPxVol, pxAmendType, attachAlgoOrds, rpiTakerAccess, rpiPxRound.
        Some cases need ordId, clOrdId, newSz, newPx, speedBump, newPxUsd, newPxVol.
        attachAlgoOrds: objects of attachAlgoId, attachAlgoClOrdId, newTpTriggerPx, newTpTriggerRatio, newTpOrdPx,
        newTpOrdKind, newSlTriggerPx, newSlTriggerRatio, newSlOrdPx, newTpTriggerPxType, newSlTriggerPxType, sz,
        amendPxOnTriggerType, newCallbackRatio, newCallbackSpread, newActivePx.
        OKX: Order Book Trading › Trade › POST / Amend multiple orders.
        """
    def amend_order(
        self,
        *,
        instId: Text,
        cxlOnFail: bool | None = None,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        reqId: Text | None = None,
        newSz: Text | None = None,
        newPx: Text | None = None,
        speedBump: Text | None = None,
        newPxUsd: Text | None = None,
        newPxVol: Text | None = None,
        pxAmendType: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> models.OrderAck:
        """Change price, size or attached orders of a pending order.

        POST /api/v5/trade/amend-order, permission trade, limit 60 in 2 s per user and instrument (options: per user
        and family).
        Some cases need ordId, clOrdId, newSz, newPx, speedBump, newPxUsd, newPxVol.
        attachAlgoOrds: objects of attachAlgoId, attachAlgoClOrdId, newTpTriggerPx, newTpTriggerRatio, newTpOrdPx,
        newTpOrdKind, newSlTriggerPx, newSlTriggerRatio, newSlOrdPx, newTpTriggerPxType, newSlTriggerPxType, sz,
        amendPxOnTriggerType, newCallbackRatio, newCallbackSpread, newActivePx.
        OKX: Order Book Trading › Trade › POST / Amend order.
        """
    def cancel_algo_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AlgoAck]:
        """Cancel up to 10 algo orders.

        POST /api/v5/trade/cancel-algos, permission trade, limit 20 orders in 2 s per user and instrument (options:
        per user and family).
        items: objects, at most 10, each with instId; it may have algoId, algoClOrdId.
        Some cases need algoId, algoClOrdId.
        OKX: Order Book Trading › Algo Trading › POST / Cancel algo order.
        """
    def cancel_all_after(
        self,
        *,
        timeOut: Text,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.CancelAllAfter:
        """Cancel all orders unless this call is repeated in time; `timeOut` 0 ends it.

        POST /api/v5/trade/cancel-all-after, permission trade, limit 1 in 1 s per user and tag.
        OKX: Order Book Trading › Trade › POST / Cancel All After.
        """
    def cancel_batch_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.OrderAck]:
        """Cancel up to 20 orders.

        POST /api/v5/trade/cancel-batch-orders, permission trade, limit 300 orders in 2 s per user and instrument
        (options: per user and family).
        items: objects, at most 20, each with instId; it may have ordId, clOrdId.
        Some cases need ordId, clOrdId.
        OKX: Order Book Trading › Trade › POST / Cancel multiple orders.
        """
    def cancel_order(
        self,
        *,
        instId: Text,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderAck:
        """Cancel an order.

        POST /api/v5/trade/cancel-order, permission trade, limit 60 in 2 s per user and instrument (options: per user
        and family).
        Some cases need ordId, clOrdId.
        OKX: Order Book Trading › Trade › POST / Cancel order.
        """
    def close_position(
        self,
        *,
        instId: Text,
        mgnMode: Text,
        posSide: Text | None = None,
        ccy: Text | None = None,
        autoCxl: bool | None = None,
        clOrdId: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.ClosePositionAck:
        """Close the whole position of an instrument at market.

        POST /api/v5/trade/close-position, permission trade, limit 20 in 2 s per user and instrument (options: per
        user and family).
        Some cases need posSide, ccy.
        OKX: Order Book Trading › Trade › POST / Close positions.
        """
    def easy_convert(
        self,
        *,
        fromCcy: Texts,
        toCcy: Text,
        source: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Turn small balances into one main currency.

        POST /api/v5/trade/easy-convert, permission trade, limit 1 in 2 s per user.
        OKX: Order Book Trading › Trade › POST / Place easy convert.
        """
    def easy_convert_currency_list(
        self,
        *,
        source: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Small balances that can be turned into a main currency.

        GET /api/v5/trade/easy-convert-currency-list, permission read, limit 1 in 2 s per user.
        OKX: Order Book Trading › Trade › GET / Easy convert currency list.
        """
    def easy_convert_history(
        self,
        *,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Easy converts of the last 7 days.

        GET /api/v5/trade/easy-convert-history, permission read, limit 1 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / Easy convert history.
        """
    def fills(
        self,
        *,
        instType: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordId: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Fill]:
        """Own fills of the last 3 days.

        GET /api/v5/trade/fills, permission read, limit 60 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / Transaction details (last 3 days).
        """
    def fills_history(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordId: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Fill]:
        """Own fills of the last 3 months.

        GET /api/v5/trade/fills-history, permission read, limit 10 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / Transaction details (last 3 months).
        """
    def mass_cancel(
        self,
        *,
        instType: Text,
        instFamily: Text,
        lockInterval: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel all market maker protected orders of an option family.

        POST /api/v5/trade/mass-cancel, permission trade, limit 5 in 2 s per user.
        OKX: Order Book Trading › Trade › POST / Mass cancel order.
        """
    def one_click_repay(
        self,
        *,
        debtCcy: Texts,
        repayCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Repay debts with other currencies held.

        POST /api/v5/trade/one-click-repay, permission trade, limit 1 in 2 s per user.
        OKX: Order Book Trading › Trade › POST / Trade one-click repay.
        """
    def one_click_repay_currency_list(
        self,
        *,
        debtType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Debts, and currencies that could repay them.

        GET /api/v5/trade/one-click-repay-currency-list, permission read, limit 1 in 2 s per user.
        OKX: Order Book Trading › Trade › GET / One-click repay currency list.
        """
    def one_click_repay_currency_list_v2(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Debts, and currencies that could repay them, in spot mode.

        GET /api/v5/trade/one-click-repay-currency-list-v2, permission read, limit 1 in 2 s per user.
        OKX: Order Book Trading › Trade › GET / One-click repay currency list (New).
        """
    def one_click_repay_history(
        self,
        *,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One-click repayments of the last 7 days.

        GET /api/v5/trade/one-click-repay-history, permission read, limit 1 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / One-click repay history.
        """
    def one_click_repay_history_v2(
        self,
        *,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One-click repayments of the last 7 days, in spot mode.

        GET /api/v5/trade/one-click-repay-history-v2, permission read, limit 1 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / One-click repay history (New).
        """
    def one_click_repay_v2(
        self,
        *,
        debtCcy: Text,
        repayCcyList: Texts,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Repay debts with other currencies held, in spot mode.

        POST /api/v5/trade/one-click-repay-v2, permission trade, limit 1 in 2 s per user.
        OKX: Order Book Trading › Trade › POST / Trade one-click repay (New).
        """
    def order(
        self,
        *,
        instId: Query,
        ordId: Query | None = None,
        clOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.Order:
        """One order, by `ordId` or `clOrdId`.

        GET /api/v5/trade/order, permission read, limit 60 in 2 s per user and instrument (options: per user and
        family).
        Some cases need ordId, clOrdId.
        OKX: Order Book Trading › Trade › GET / Order details.
        """
    def order_algo(
        self,
        *,
        algoId: Query | None = None,
        algoClOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AlgoOrder:
        """One algo order, by `algoId` or `algoClOrdId`.

        GET /api/v5/trade/order-algo, permission read, limit 20 in 2 s per user.
        Some cases need algoId, algoClOrdId.
        OKX: Order Book Trading › Algo Trading › GET / Algo order details.
        """
    def order_precheck(
        self,
        *,
        instId: Text,
        tdMode: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        posSide: Text | None = None,
        px: Text | None = None,
        outcome: Text | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What an order would do to equity and margin; nothing is placed.

        POST /api/v5/trade/order-precheck, permission trade, limit 5 in 2 s per user.
        Some cases need posSide, px, outcome.
        attachAlgoOrds: objects of attachAlgoClOrdId, tpTriggerPx, tpOrdPx, tpOrdKind, slTriggerPx, slOrdPx,
        tpTriggerPxType, slTriggerPxType, sz, callbackRatio, callbackSpread, activePx.
        OKX: Order Book Trading › Trade › POST / Order precheck.
        """
    def orders_algo_history(
        self,
        *,
        ordType: Query,
        state: Query | None = None,
        algoId: Query | None = None,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AlgoOrder]:
        """Finished algo orders of the last 3 months.

        GET /api/v5/trade/orders-algo-history, permission read, limit 20 in 2 s per user.
        Some cases need state, algoId.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Algo Trading › GET / Algo order history.
        """
    def orders_algo_pending(
        self,
        *,
        ordType: Query,
        algoId: Query | None = None,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AlgoOrder]:
        """Pending algo orders.

        GET /api/v5/trade/orders-algo-pending, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Algo Trading › GET / Algo order list.
        """
    def orders_history(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        category: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Order]:
        """Finished orders of the last 7 days.

        GET /api/v5/trade/orders-history, permission read, limit 40 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / Order history (last 7 days).
        """
    def orders_history_archive(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        category: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Order]:
        """Finished orders of the last 3 months.

        GET /api/v5/trade/orders-history-archive, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / Order history (last 3 months).
        """
    def orders_pending(
        self,
        *,
        instType: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Order]:
        """Orders that are live or partly filled.

        GET /api/v5/trade/orders-pending, permission read, limit 60 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Trade › GET / Order List.
        """
    def place_algo_order(
        self,
        *,
        instId: Text,
        tdMode: Text,
        side: Text,
        ordType: Text,
        ccy: Text | None = None,
        posSide: Text | None = None,
        sz: Text | None = None,
        tag: Text | None = None,
        tgtCcy: Text | None = None,
        algoClOrdId: Text | None = None,
        closeFraction: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        tpTriggerPx: Text | None = None,
        tpTriggerPxType: Text | None = None,
        tpOrdPx: Text | None = None,
        tpOrdKind: Text | None = None,
        slTriggerPx: Text | None = None,
        slTriggerPxType: Text | None = None,
        slOrdPx: Text | None = None,
        cxlOnClosePos: bool | None = None,
        reduceOnly: bool | None = None,
        chaseType: Text | None = None,
        chaseVal: Text | None = None,
        maxChaseType: Text | None = None,
        maxChaseVal: Text | None = None,
        triggerPx: Text | None = None,
        orderPx: Text | None = None,
        advanceOrdType: Text | None = None,
        advChaseParams: Sequence[Object] | None = None,
        triggerPxType: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        callbackRatio: Text | None = None,
        callbackSpread: Text | None = None,
        activePx: Text | None = None,
        pxVar: Text | None = None,
        pxSpread: Text | None = None,
        szLimit: Text | None = None,
        pxLimit: Text | None = None,
        timeInterval: Text | None = None,
        lmtOrderNumber: Text | None = None,
        aggressiveness: Text | None = None,
        triggerParams: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AlgoAck:
        """Place a stop, trigger, trailing, chase, iceberg or TWAP order.

        POST /api/v5/trade/order-algo, permission trade, limit 20 in 2 s per user and instrument (options: per user
        and family).
        Some cases need posSide, sz, closeFraction, maxChaseType, maxChaseVal, triggerPx, orderPx, advChaseParams,
        callbackRatio, callbackSpread, pxVar, pxSpread, szLimit, pxLimit, timeInterval, lmtOrderNumber,
        aggressiveness.
        advChaseParams: objects of chaseType, chaseVal, maxChaseType, maxChaseVal.
        attachAlgoOrds: objects of attachAlgoClOrdId, tpTriggerPx, tpTriggerRatio, tpTriggerPxType, tpOrdPx,
        slTriggerPx, slTriggerRatio, slTriggerPxType, slOrdPx, callbackRatio, callbackSpread, activePx.
        triggerParams: objects of triggerAction, triggerStrategy, triggerPx, triggerCond, timeframe, thold,
        timePeriod.
        OKX: Order Book Trading › Algo Trading › POST / Place algo order.
        """
    def place_batch_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> list[models.OrderAck]:
        """Place up to 20 orders.

        POST /api/v5/trade/batch-orders, permission trade, limit 300 orders in 2 s per user and instrument (options:
        per user and family).
        items: objects, at most 20, each with instId, tdMode, side, ordType, sz; it may have ccy, clOrdId, tag,
        posSide, px, speedBump, outcome, pxUsd, pxVol, reduceOnly, tgtCcy, banAmend, pxAmendType, tradeQuoteCcy,
        slippagePct, stpMode, rpiTakerAccess, rpiPxRound, attachAlgoOrds.
        Some cases need posSide, px, speedBump, outcome, pxUsd, pxVol.
        attachAlgoOrds: objects of attachAlgoClOrdId, tpTriggerPx, tpTriggerRatio, tpOrdPx, tpOrdKind, slTriggerPx,
        slTriggerRatio, slOrdPx, tpTriggerPxType, slTriggerPxType, sz, amendPxOnTriggerType, callbackRatio,
        callbackSpread, activePx.
        OKX: Order Book Trading › Trade › POST / Place multiple orders.
        """
    def place_order(
        self,
        *,
        instId: Text,
        tdMode: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        ccy: Text | None = None,
        clOrdId: Text | None = None,
        tag: Text | None = None,
        posSide: Text | None = None,
        px: Text | None = None,
        outcome: Text | None = None,
        pxUsd: Text | None = None,
        pxVol: Text | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Text | None = None,
        banAmend: bool | None = None,
        pxAmendType: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        slippagePct: Text | None = None,
        stpMode: Text | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> models.OrderAck:
        """Place an order; an answer means received, not resting.

        POST /api/v5/trade/order, permission trade, limit 60 in 2 s per user and instrument (options: per user and
        family).
        Some cases need posSide, px, outcome, pxUsd, pxVol.
        attachAlgoOrds: objects of attachAlgoClOrdId, tpTriggerPx, tpTriggerRatio, tpOrdPx, tpOrdKind, slTriggerPx,
        slTriggerRatio, slOrdPx, tpTriggerPxType, slTriggerPxType, sz, amendPxOnTriggerType, callbackRatio,
        callbackSpread, activePx.
        OKX: Order Book Trading › Trade › POST / Place order.
        """

class AsyncTrade:
    """`/api/v5/trade`, awaitable."""

    async def account_rate_limit(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> models.AccountRateLimit: ...
    async def amend_algo_order(
        self,
        *,
        instId: Text,
        algoId: Text | None = None,
        algoClOrdId: Text | None = None,
        cxlOnFail: bool | None = None,
        reqId: Text | None = None,
        newSz: Text | None = None,
        newTpTriggerPx: Text | None = None,
        newTpOrdPx: Text | None = None,
        newSlTriggerPx: Text | None = None,
        newSlOrdPx: Text | None = None,
        newTpTriggerPxType: Text | None = None,
        newSlTriggerPxType: Text | None = None,
        newTriggerPx: Text | None = None,
        newOrdPx: Text | None = None,
        newTriggerPxType: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        advChaseParams: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AlgoAck: ...
    async def amend_batch_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> list[models.OrderAck]: ...
    async def amend_order(
        self,
        *,
        instId: Text,
        cxlOnFail: bool | None = None,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        reqId: Text | None = None,
        newSz: Text | None = None,
        newPx: Text | None = None,
        speedBump: Text | None = None,
        newPxUsd: Text | None = None,
        newPxVol: Text | None = None,
        pxAmendType: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> models.OrderAck: ...
    async def cancel_algo_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AlgoAck]: ...
    async def cancel_all_after(
        self,
        *,
        timeOut: Text,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.CancelAllAfter: ...
    async def cancel_batch_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.OrderAck]: ...
    async def cancel_order(
        self,
        *,
        instId: Text,
        ordId: Text | None = None,
        clOrdId: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.OrderAck: ...
    async def close_position(
        self,
        *,
        instId: Text,
        mgnMode: Text,
        posSide: Text | None = None,
        ccy: Text | None = None,
        autoCxl: bool | None = None,
        clOrdId: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.ClosePositionAck: ...
    async def easy_convert(
        self,
        *,
        fromCcy: Texts,
        toCcy: Text,
        source: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def easy_convert_currency_list(
        self,
        *,
        source: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def easy_convert_history(
        self,
        *,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def fills(
        self,
        *,
        instType: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordId: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Fill]: ...
    async def fills_history(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordId: Query | None = None,
        subType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Fill]: ...
    async def mass_cancel(
        self,
        *,
        instType: Text,
        instFamily: Text,
        lockInterval: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def one_click_repay(
        self,
        *,
        debtCcy: Texts,
        repayCcy: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def one_click_repay_currency_list(
        self,
        *,
        debtType: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def one_click_repay_currency_list_v2(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def one_click_repay_history(
        self,
        *,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def one_click_repay_history_v2(
        self,
        *,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def one_click_repay_v2(
        self,
        *,
        debtCcy: Text,
        repayCcyList: Texts,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def order(
        self,
        *,
        instId: Query,
        ordId: Query | None = None,
        clOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.Order: ...
    async def order_algo(
        self,
        *,
        algoId: Query | None = None,
        algoClOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AlgoOrder: ...
    async def order_precheck(
        self,
        *,
        instId: Text,
        tdMode: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        posSide: Text | None = None,
        px: Text | None = None,
        outcome: Text | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def orders_algo_history(
        self,
        *,
        ordType: Query,
        state: Query | None = None,
        algoId: Query | None = None,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AlgoOrder]: ...
    async def orders_algo_pending(
        self,
        *,
        ordType: Query,
        algoId: Query | None = None,
        instType: Query | None = None,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.AlgoOrder]: ...
    async def orders_history(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        category: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Order]: ...
    async def orders_history_archive(
        self,
        *,
        instType: Query,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        category: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Order]: ...
    async def orders_pending(
        self,
        *,
        instType: Query | None = None,
        instFamily: Query | None = None,
        instId: Query | None = None,
        ordType: Query | None = None,
        state: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[models.Order]: ...
    async def place_algo_order(
        self,
        *,
        instId: Text,
        tdMode: Text,
        side: Text,
        ordType: Text,
        ccy: Text | None = None,
        posSide: Text | None = None,
        sz: Text | None = None,
        tag: Text | None = None,
        tgtCcy: Text | None = None,
        algoClOrdId: Text | None = None,
        closeFraction: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        tpTriggerPx: Text | None = None,
        tpTriggerPxType: Text | None = None,
        tpOrdPx: Text | None = None,
        tpOrdKind: Text | None = None,
        slTriggerPx: Text | None = None,
        slTriggerPxType: Text | None = None,
        slOrdPx: Text | None = None,
        cxlOnClosePos: bool | None = None,
        reduceOnly: bool | None = None,
        chaseType: Text | None = None,
        chaseVal: Text | None = None,
        maxChaseType: Text | None = None,
        maxChaseVal: Text | None = None,
        triggerPx: Text | None = None,
        orderPx: Text | None = None,
        advanceOrdType: Text | None = None,
        advChaseParams: Sequence[Object] | None = None,
        triggerPxType: Text | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        callbackRatio: Text | None = None,
        callbackSpread: Text | None = None,
        activePx: Text | None = None,
        pxVar: Text | None = None,
        pxSpread: Text | None = None,
        szLimit: Text | None = None,
        pxLimit: Text | None = None,
        timeInterval: Text | None = None,
        lmtOrderNumber: Text | None = None,
        aggressiveness: Text | None = None,
        triggerParams: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> models.AlgoAck: ...
    async def place_batch_orders(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> list[models.OrderAck]: ...
    async def place_order(
        self,
        *,
        instId: Text,
        tdMode: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        ccy: Text | None = None,
        clOrdId: Text | None = None,
        tag: Text | None = None,
        posSide: Text | None = None,
        px: Text | None = None,
        outcome: Text | None = None,
        pxUsd: Text | None = None,
        pxVol: Text | None = None,
        reduceOnly: bool | None = None,
        tgtCcy: Text | None = None,
        banAmend: bool | None = None,
        pxAmendType: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        slippagePct: Text | None = None,
        stpMode: Text | None = None,
        rpiTakerAccess: bool | None = None,
        rpiPxRound: bool | None = None,
        attachAlgoOrds: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> models.OrderAck: ...

class TradingBot:
    """`/api/v5/tradingBot`."""

    def dca_amend_order_algo(
        self,
        *,
        algoId: Text,
        pxSteps: Text,
        pxStepsMult: Text,
        volMult: Text,
        tpPct: Text,
        slPct: Text,
        initOrdAmt: Text,
        safetyOrdAmt: Text,
        maxSafetyOrds: Text,
        reserveFunds: bool,
        triggerParams: Sequence[Object],
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change the settings of a spot DCA bot.

        POST /api/v5/tradingBot/dca/amend-order-algo, permission trade, limit 20 in 2 s per user.
        triggerParams: objects of triggerAction, triggerStrategy, timeframe, thold, triggerCond, timePeriod.
        OKX: Order Book Trading › DCA Trading › POST / Amend spot dca basic param.
        """
    def dca_create(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        initOrdAmt: Text,
        maxSafetyOrds: Text,
        tpPct: Text,
        lever: Text,
        triggerParams: Sequence[Object],
        allowReinvest: Text | None = None,
        safetyOrdAmt: Text | None = None,
        pxSteps: Text | None = None,
        pxStepsMult: Text | None = None,
        volMult: Text | None = None,
        slPct: Text | None = None,
        slMode: Text | None = None,
        direction: Text | None = None,
        profitSharingRatio: Text | None = None,
        trackingMode: Text | None = None,
        tag: Text | None = None,
        algoClOrdId: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Start a DCA bot, spot or contract.

        POST /api/v5/tradingBot/dca/create, permission trade, limit 20 in 2 s per user and instrument.
        triggerParams: objects of triggerAction (needed), triggerStrategy (needed), timeframe, thold, triggerCond,
        timePeriod, triggerPx.
        OKX: Order Book Trading › DCA Trading › POST / Place dca algo order.
        """
    def dca_cycle_list(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cycles of a DCA bot.

        GET /api/v5/tradingBot/dca/cycle-list, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › DCA Trading › GET / DCA cycle list.
        """
    def dca_history_list(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """DCA bots that have stopped.

        GET /api/v5/tradingBot/dca/history-list, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › DCA Trading › GET / DCA algo order history.
        """
    def dca_margin_add(
        self,
        *,
        algoId: Text,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add margin to a contract DCA bot.

        POST /api/v5/tradingBot/dca/margin/add, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › POST / Add dca margin.
        """
    def dca_margin_reduce(
        self,
        *,
        algoId: Text,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take margin out of a contract DCA bot.

        POST /api/v5/tradingBot/dca/margin/reduce, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › POST / Reduce dca margin.
        """
    def dca_ongoing_list(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """DCA bots that run.

        GET /api/v5/tradingBot/dca/ongoing-list, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › DCA Trading › GET / DCA algo order details.
        """
    def dca_orders(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        cycleId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Orders of a DCA bot.

        GET /api/v5/tradingBot/dca/orders, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › DCA Trading › GET / DCA sub orders.
        """
    def dca_orders_manual_buy(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        price: Text,
        amt: Text,
        ordType: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add an order to a DCA bot's cycle by hand.

        POST /api/v5/tradingBot/dca/orders/manual-buy, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › POST / Add investment.
        """
    def dca_position_details(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Position of a DCA bot.

        GET /api/v5/tradingBot/dca/position-details, permission read, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › Get / DCA algo order position details.
        """
    def dca_settings_reinvestment(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        allowReinvest: bool,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Let a contract DCA bot reinvest its profit, or not.

        POST /api/v5/tradingBot/dca/settings/reinvestment, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › POST / Amend dca reinvestment.
        """
    def dca_settings_take_profit(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        tpPrice: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set the take-profit price of a contract DCA bot.

        POST /api/v5/tradingBot/dca/settings/take-profit, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › POST / Amend dca take profit settings.
        """
    def dca_stop(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        stopType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop a DCA bot.

        POST /api/v5/tradingBot/dca/stop, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › DCA Trading › POST / Stop dca algo order.
        """
    def grid_adjust_investment(
        self,
        *,
        algoId: Text,
        amt: Text,
        allowReinvestProfit: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add investment to a grid bot.

        POST /api/v5/tradingBot/grid/adjust-investment, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › POST / Add investment.
        """
    def grid_ai_param(
        self,
        *,
        algoOrdType: Query,
        instId: Query,
        direction: Query | None = None,
        duration: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Suggested settings of a grid bot.

        GET /api/v5/tradingBot/grid/ai-param, no key needed, limit 20 in 2 s per IP.
        Some cases need direction.
        OKX: Order Book Trading › Grid Trading › GET / Grid AI parameter (public).
        """
    def grid_amend_algo_basic_param(
        self,
        *,
        algoId: Text,
        minPx: Text,
        maxPx: Text,
        gridNum: Text,
        topupAmount: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change price range and number of grids.

        POST /api/v5/tradingBot/grid/amend-algo-basic-param, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › POST / Amend grid algo basic param.
        """
    def grid_amend_order_algo(
        self,
        *,
        algoId: Text,
        instId: Text,
        slTriggerPx: Text | None = None,
        tpTriggerPx: Text | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        topUpAmt: Text | None = None,
        triggerParams: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change triggers, take profit and stop loss of a grid bot.

        POST /api/v5/tradingBot/grid/amend-order-algo, permission trade, limit 20 in 2 s per user.
        triggerParams: objects of triggerAction (needed), triggerStrategy (needed), triggerPx, stopType.
        OKX: Order Book Trading › Grid Trading › POST / Amend grid algo order.
        """
    def grid_cancel_close_order(
        self,
        *,
        algoId: Text,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel the order which closes a contract grid's position.

        POST /api/v5/tradingBot/grid/cancel-close-order, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › POST / Cancel close position order for contract grid.
        """
    def grid_close_position(
        self,
        *,
        algoId: Text,
        mktClose: bool,
        sz: Text | None = None,
        px: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Close the position that a stopped contract grid left.

        POST /api/v5/tradingBot/grid/close-position, permission trade, limit 20 in 2 s per user.
        Some cases need sz, px.
        OKX: Order Book Trading › Grid Trading › POST / Close position for contract grid.
        """
    def grid_compute_margin_balance(
        self,
        *,
        algoId: Text,
        type: Text,
        amt: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How much margin a contract grid could take or give; nothing is changed.

        POST /api/v5/tradingBot/grid/compute-margin-balance, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › POST / Compute margin balance.
        """
    def grid_copy_order_algo(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        sourceAlgoId: Text,
        quoteSz: Text | None = None,
        lever: Text | None = None,
        autoReserve: bool | None = None,
        sz: Text | None = None,
        actualMarginSz: Text | None = None,
        extraMarginSz: Text | None = None,
        algoClOrdId: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Start a grid bot which follows another one.

        POST /api/v5/tradingBot/grid/copy-order-algo, permission trade, limit 20 in 2 s per user and instrument.
        OKX: Order Book Trading › Grid Trading › POST / Copy grid algo order.
        """
    def grid_grid_quantity(
        self,
        *,
        instId: Query,
        runType: Query,
        algoOrdType: Query,
        maxPx: Query,
        minPx: Query,
        lever: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Largest number of grids in a price range.

        GET /api/v5/tradingBot/grid/grid-quantity, no key needed, limit 5 in 2 s per IP.
        Some cases need lever.
        OKX: Order Book Trading › Grid Trading › GET / Max grid quantity (public).
        """
    def grid_margin_balance(
        self,
        *,
        algoId: Text,
        type: Text,
        amt: Text | None = None,
        percent: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add margin to a contract grid, or take some out.

        POST /api/v5/tradingBot/grid/margin-balance, permission trade, limit 20 in 2 s per user.
        Some cases need amt, percent.
        OKX: Order Book Trading › Grid Trading › POST / Adjust margin balance.
        """
    def grid_min_investment(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        maxPx: Text,
        minPx: Text,
        gridNum: Text,
        runType: Text,
        direction: Text | None = None,
        lever: Text | None = None,
        basePos: bool | None = None,
        investmentType: Text | None = None,
        triggerStrategy: Text | None = None,
        topUpAmt: Text | None = None,
        investmentData: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Smallest investment of a grid bot with given settings.

        POST /api/v5/tradingBot/grid/min-investment, no key needed, limit 20 in 2 s per IP.
        Some cases need direction, lever.
        investmentData: objects of amt (needed), ccy (needed).
        OKX: Order Book Trading › Grid Trading › POST / Compute min investment (public).
        """
    def grid_order_algo(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        maxPx: Text,
        minPx: Text,
        gridNum: Text,
        runType: Text | None = None,
        tpTriggerPx: Text | None = None,
        slTriggerPx: Text | None = None,
        algoClOrdId: Text | None = None,
        tag: Text | None = None,
        profitSharingRatio: Text | None = None,
        triggerParams: Sequence[Object] | None = None,
        quoteSz: Text | None = None,
        baseSz: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        sz: Text | None = None,
        direction: Text | None = None,
        lever: Text | None = None,
        basePos: bool | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Start a grid bot, spot or contract.

        POST /api/v5/tradingBot/grid/order-algo, permission trade, limit 20 in 2 s per user and instrument.
        Some cases need quoteSz, baseSz, sz, direction, lever.
        triggerParams: objects of triggerAction (needed), triggerStrategy (needed), delaySeconds, timeframe, thold,
        triggerCond, timePeriod, triggerPx, stopType.
        OKX: Order Book Trading › Grid Trading › POST / Place grid algo order.
        """
    def grid_order_instant_trigger(
        self,
        *,
        algoId: Text,
        topUpAmt: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Start a waiting grid bot now.

        POST /api/v5/tradingBot/grid/order-instant-trigger, permission trade, limit 20 in 2 s per user and instrument.
        OKX: Order Book Trading › Grid Trading › POST / Instant trigger grid algo order.
        """
    def grid_orders_algo_details(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One grid bot in full.

        GET /api/v5/tradingBot/grid/orders-algo-details, permission read, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › GET / Grid algo order details.
        """
    def grid_orders_algo_history(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        instId: Query | None = None,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Grid bots that have stopped.

        GET /api/v5/tradingBot/grid/orders-algo-history, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Grid Trading › GET / Grid algo order history.
        """
    def grid_orders_algo_pending(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        instId: Query | None = None,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Grid bots that run.

        GET /api/v5/tradingBot/grid/orders-algo-pending, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Grid Trading › GET / Grid algo order list.
        """
    def grid_positions(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Position of a contract grid.

        GET /api/v5/tradingBot/grid/positions, permission read, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › GET / Grid algo order positions.
        """
    def grid_stop_order_algo(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop up to 10 grid bots.

        POST /api/v5/tradingBot/grid/stop-order-algo, permission trade, limit 20 in 2 s per user.
        items: objects, at most 10, each with algoId, instId, algoOrdType, stopType; it may have nothing more.
        OKX: Order Book Trading › Grid Trading › POST / Stop grid algo order.
        """
    def grid_sub_orders(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        type: Query,
        groupId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Orders of a grid bot.

        GET /api/v5/tradingBot/grid/sub-orders, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Grid Trading › GET / Grid algo sub orders.
        """
    def grid_withdraw_income(
        self,
        *,
        algoId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Take the profit out of a spot grid.

        POST /api/v5/tradingBot/grid/withdraw-income, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Grid Trading › POST / Spot grid withdraw income.
        """
    def public_rsi_back_testing(
        self,
        *,
        instId: Query,
        timeframe: Query,
        thold: Query,
        timePeriod: Query,
        triggerCond: Query | None = None,
        duration: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """How often an RSI condition was met in the past.

        GET /api/v5/tradingBot/public/rsi-back-testing, no key needed, limit 20 in 2 s per IP.
        OKX: Order Book Trading › Grid Trading › GET / RSI back testing (public).
        """
    def recurring_add_investment(
        self,
        *,
        algoId: Text,
        amount: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Buy once more in a recurring buy.

        POST /api/v5/tradingBot/recurring/add-investment, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Recurring Buy › POST / Add investment.
        """
    def recurring_amend_order_algo(
        self,
        *,
        algoId: Text,
        stgyName: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Rename a recurring buy.

        POST /api/v5/tradingBot/recurring/amend-order-algo, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Recurring Buy › POST / Amend recurring buy order.
        """
    def recurring_amend_price_range(
        self,
        *,
        algoId: Text,
        recurringList: Sequence[Object],
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Set the prices between which a recurring buy buys.

        POST /api/v5/tradingBot/recurring/amend-price-range, permission trade, limit 20 in 2 s per user.
        recurringList: objects of ccy (needed), minPx (needed), maxPx (needed).
        OKX: Order Book Trading › Recurring Buy › POST / Amend price range.
        """
    def recurring_amend_recurring_amount(
        self,
        *,
        algoId: Text,
        amount: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change the amount of a recurring buy.

        POST /api/v5/tradingBot/recurring/amend-recurring-amount, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Recurring Buy › POST / Amend recurring buy amount.
        """
    def recurring_amend_recurring_time(
        self,
        *,
        algoId: Text,
        recurringTimeType: Text,
        timeZone: Text,
        period: Text,
        recurringHour: Text | None = None,
        recurringDay: Text | None = None,
        recurringTime: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change when a recurring buy buys.

        POST /api/v5/tradingBot/recurring/amend-recurring-time, permission trade, limit 20 in 2 s per user.
        Some cases need recurringHour, recurringDay, recurringTime.
        OKX: Order Book Trading › Recurring Buy › POST / Amend recurring buy time.
        """
    def recurring_order_algo(
        self,
        *,
        stgyName: Text,
        recurringList: Sequence[Object],
        period: Text,
        recurringTime: Text,
        timeZone: Text,
        amt: Text,
        investmentCcy: Text,
        tdMode: Text,
        recurringDay: Text | None = None,
        recurringHour: Text | None = None,
        algoClOrdId: Text | None = None,
        tag: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        source: Texts | None = None,
        recurringTimeType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Start a recurring buy.

        POST /api/v5/tradingBot/recurring/order-algo, permission trade, limit 20 in 2 s per user.
        Some cases need recurringDay, recurringHour.
        recurringList: objects of ccy (needed), ratio (needed), minPx, maxPx.
        OKX: Order Book Trading › Recurring Buy › POST / Place recurring buy order.
        """
    def recurring_orders_algo_details(
        self,
        *,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One recurring buy in full.

        GET /api/v5/tradingBot/recurring/orders-algo-details, permission read, limit 20 in 2 s per user.
        OKX: Order Book Trading › Recurring Buy › GET / Recurring buy order details.
        """
    def recurring_orders_algo_history(
        self,
        *,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recurring buys that have stopped.

        GET /api/v5/tradingBot/recurring/orders-algo-history, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Recurring Buy › GET / Recurring buy order history.
        """
    def recurring_orders_algo_pending(
        self,
        *,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Recurring buys that run.

        GET /api/v5/tradingBot/recurring/orders-algo-pending, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Recurring Buy › GET / Recurring buy order list.
        """
    def recurring_pause(
        self,
        *,
        algoId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Pause a recurring buy.

        POST /api/v5/tradingBot/recurring/pause, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Recurring Buy › POST / Pause recurring buy.
        """
    def recurring_restart(
        self,
        *,
        algoId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Go on with a paused recurring buy.

        POST /api/v5/tradingBot/recurring/restart, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Recurring Buy › POST / Restart recurring buy.
        """
    def recurring_stop_order_algo(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop up to 10 recurring buys.

        POST /api/v5/tradingBot/recurring/stop-order-algo, permission trade, limit 20 in 2 s per user.
        items: objects, at most 10, each with algoId; it may have nothing more.
        OKX: Order Book Trading › Recurring Buy › POST / Stop recurring buy order.
        """
    def recurring_sub_orders(
        self,
        *,
        algoId: Query,
        ordId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Orders of a recurring buy.

        GET /api/v5/tradingBot/recurring/sub-orders, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Recurring Buy › GET / Recurring buy sub orders.
        """
    def signal_amend_tpsl(
        self,
        *,
        algoId: Text,
        exitSettingParam: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change take profit and stop loss of a signal bot.

        POST /api/v5/tradingBot/signal/amendTPSL, permission trade, limit 20 in 2 s per user.
        exitSettingParam: an object of tpSlType (needed), tpPct, slPct.
        OKX: Order Book Trading › Signal bot trading › POST / Amend TPSL.
        """
    def signal_cancel_sub_order(
        self,
        *,
        algoId: Text,
        instId: Text,
        signalOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Cancel an order of a signal bot.

        POST /api/v5/tradingBot/signal/cancel-sub-order, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › POST / Cancel sub order.
        """
    def signal_close_position(
        self,
        *,
        algoId: Text,
        instId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Close a signal bot's position in an instrument at market.

        POST /api/v5/tradingBot/signal/close-position, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › POST / Close position.
        """
    def signal_create_signal(
        self,
        *,
        signalChanName: Text,
        signalChanDesc: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Make a signal channel.

        POST /api/v5/tradingBot/signal/create-signal, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › POST / Create signal.
        """
    def signal_event_history(
        self,
        *,
        algoId: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """What a signal bot did and why.

        GET /api/v5/tradingBot/signal/event-history, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Signal bot trading › GET / Signal bot event history.
        """
    def signal_margin_balance(
        self,
        *,
        algoId: Text,
        type: Text,
        amt: Text,
        allowReinvest: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Add margin to a signal bot, or take some out.

        POST /api/v5/tradingBot/signal/margin-balance, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › POST / Adjust margin balance.
        """
    def signal_order_algo(
        self,
        *,
        signalChanId: Text,
        lever: Text,
        investAmt: Text,
        subOrdType: Text,
        includeAll: bool | None = None,
        instIds: Texts | None = None,
        ratio: Text | None = None,
        entrySettingParam: Object | None = None,
        exitSettingParam: Object | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Start a signal bot.

        POST /api/v5/tradingBot/signal/order-algo, permission trade, limit 20 in 2 s per user.
        entrySettingParam: an object of allowMultipleEntry, entryType, amt, ratio.
        exitSettingParam: an object of tpSlType (needed), tpPct, slPct.
        OKX: Order Book Trading › Signal bot trading › POST / Create signal bot.
        """
    def signal_orders_algo_details(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """One signal bot in full.

        GET /api/v5/tradingBot/signal/orders-algo-details, permission read, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › GET / Signal bot order details.
        """
    def signal_orders_algo_history(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Signal bots that have stopped.

        GET /api/v5/tradingBot/signal/orders-algo-history, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Signal bot trading › GET / Signal bot history.
        """
    def signal_orders_algo_pending(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Signal bots that run.

        GET /api/v5/tradingBot/signal/orders-algo-pending, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Signal bot trading › GET / Active signal bot.
        """
    def signal_positions(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Positions of a signal bot.

        GET /api/v5/tradingBot/signal/positions, permission read, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › GET / Signal bot order positions.
        """
    def signal_positions_history(
        self,
        *,
        algoId: Query,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Closed positions of a signal bot.

        GET /api/v5/tradingBot/signal/positions-history, permission read, limit 10 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Signal bot trading › GET / Position history.
        """
    def signal_set_instruments(
        self,
        *,
        algoId: Text,
        instIds: Texts,
        includeAll: bool,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Choose the instruments of a signal bot.

        POST /api/v5/tradingBot/signal/set-instruments, permission trade, limit 20 in 2 s per user.
        OKX: Order Book Trading › Signal bot trading › POST / Set instruments.
        """
    def signal_signals(
        self,
        *,
        signalSourceType: Query,
        signalChanId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Signal channels, own and subscribed.

        GET /api/v5/tradingBot/signal/signals, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Signal bot trading › GET / Signals.
        """
    def signal_stop_order_algo(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Stop up to 10 signal bots.

        POST /api/v5/tradingBot/signal/stop-order-algo, permission trade, limit 20 in 2 s per user.
        items: objects, at most 10, each with algoId; it may have nothing more.
        OKX: Order Book Trading › Signal bot trading › POST / Cancel signal bots.
        """
    def signal_sub_order(
        self,
        *,
        instId: Text,
        algoId: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        px: Text | None = None,
        reduceOnly: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> list[dict[str, Any]]:
        """Place an order for a signal bot.

        POST /api/v5/tradingBot/signal/sub-order, permission trade, limit 20 in 2 s per user.
        Some cases need px.
        OKX: Order Book Trading › Signal bot trading › POST / Place sub order.
        """
    def signal_sub_orders(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        state: Query | None = None,
        signalOrdId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        type: Query | None = None,
        clOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Orders of a signal bot.

        GET /api/v5/tradingBot/signal/sub-orders, permission read, limit 20 in 2 s per user.
        Some cases need state, signalOrdId.
        Up to 100 at once, 100 without `limit`.
        OKX: Order Book Trading › Signal bot trading › GET / Signal bot sub orders.
        """

class AsyncTradingBot:
    """`/api/v5/tradingBot`, awaitable."""

    async def dca_amend_order_algo(
        self,
        *,
        algoId: Text,
        pxSteps: Text,
        pxStepsMult: Text,
        volMult: Text,
        tpPct: Text,
        slPct: Text,
        initOrdAmt: Text,
        safetyOrdAmt: Text,
        maxSafetyOrds: Text,
        reserveFunds: bool,
        triggerParams: Sequence[Object],
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_create(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        initOrdAmt: Text,
        maxSafetyOrds: Text,
        tpPct: Text,
        lever: Text,
        triggerParams: Sequence[Object],
        allowReinvest: Text | None = None,
        safetyOrdAmt: Text | None = None,
        pxSteps: Text | None = None,
        pxStepsMult: Text | None = None,
        volMult: Text | None = None,
        slPct: Text | None = None,
        slMode: Text | None = None,
        direction: Text | None = None,
        profitSharingRatio: Text | None = None,
        trackingMode: Text | None = None,
        tag: Text | None = None,
        algoClOrdId: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_cycle_list(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_history_list(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_margin_add(
        self,
        *,
        algoId: Text,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_margin_reduce(
        self,
        *,
        algoId: Text,
        amt: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_ongoing_list(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_orders(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        cycleId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_orders_manual_buy(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        price: Text,
        amt: Text,
        ordType: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_position_details(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_settings_reinvestment(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        allowReinvest: bool,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_settings_take_profit(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        tpPrice: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def dca_stop(
        self,
        *,
        algoId: Text,
        algoOrdType: Text,
        stopType: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_adjust_investment(
        self,
        *,
        algoId: Text,
        amt: Text,
        allowReinvestProfit: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_ai_param(
        self,
        *,
        algoOrdType: Query,
        instId: Query,
        direction: Query | None = None,
        duration: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_amend_algo_basic_param(
        self,
        *,
        algoId: Text,
        minPx: Text,
        maxPx: Text,
        gridNum: Text,
        topupAmount: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_amend_order_algo(
        self,
        *,
        algoId: Text,
        instId: Text,
        slTriggerPx: Text | None = None,
        tpTriggerPx: Text | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        topUpAmt: Text | None = None,
        triggerParams: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_cancel_close_order(
        self,
        *,
        algoId: Text,
        ordId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_close_position(
        self,
        *,
        algoId: Text,
        mktClose: bool,
        sz: Text | None = None,
        px: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_compute_margin_balance(
        self,
        *,
        algoId: Text,
        type: Text,
        amt: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_copy_order_algo(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        sourceAlgoId: Text,
        quoteSz: Text | None = None,
        lever: Text | None = None,
        autoReserve: bool | None = None,
        sz: Text | None = None,
        actualMarginSz: Text | None = None,
        extraMarginSz: Text | None = None,
        algoClOrdId: Text | None = None,
        tag: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_grid_quantity(
        self,
        *,
        instId: Query,
        runType: Query,
        algoOrdType: Query,
        maxPx: Query,
        minPx: Query,
        lever: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_margin_balance(
        self,
        *,
        algoId: Text,
        type: Text,
        amt: Text | None = None,
        percent: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_min_investment(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        maxPx: Text,
        minPx: Text,
        gridNum: Text,
        runType: Text,
        direction: Text | None = None,
        lever: Text | None = None,
        basePos: bool | None = None,
        investmentType: Text | None = None,
        triggerStrategy: Text | None = None,
        topUpAmt: Text | None = None,
        investmentData: Sequence[Object] | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_order_algo(
        self,
        *,
        instId: Text,
        algoOrdType: Text,
        maxPx: Text,
        minPx: Text,
        gridNum: Text,
        runType: Text | None = None,
        tpTriggerPx: Text | None = None,
        slTriggerPx: Text | None = None,
        algoClOrdId: Text | None = None,
        tag: Text | None = None,
        profitSharingRatio: Text | None = None,
        triggerParams: Sequence[Object] | None = None,
        quoteSz: Text | None = None,
        baseSz: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        sz: Text | None = None,
        direction: Text | None = None,
        lever: Text | None = None,
        basePos: bool | None = None,
        tpRatio: Text | None = None,
        slRatio: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_order_instant_trigger(
        self,
        *,
        algoId: Text,
        topUpAmt: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_orders_algo_details(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_orders_algo_history(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        instId: Query | None = None,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_orders_algo_pending(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        instId: Query | None = None,
        instType: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_positions(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_stop_order_algo(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_sub_orders(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        type: Query,
        groupId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def grid_withdraw_income(
        self,
        *,
        algoId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def public_rsi_back_testing(
        self,
        *,
        instId: Query,
        timeframe: Query,
        thold: Query,
        timePeriod: Query,
        triggerCond: Query | None = None,
        duration: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_add_investment(
        self,
        *,
        algoId: Text,
        amount: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_amend_order_algo(
        self,
        *,
        algoId: Text,
        stgyName: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_amend_price_range(
        self,
        *,
        algoId: Text,
        recurringList: Sequence[Object],
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_amend_recurring_amount(
        self,
        *,
        algoId: Text,
        amount: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_amend_recurring_time(
        self,
        *,
        algoId: Text,
        recurringTimeType: Text,
        timeZone: Text,
        period: Text,
        recurringHour: Text | None = None,
        recurringDay: Text | None = None,
        recurringTime: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_order_algo(
        self,
        *,
        stgyName: Text,
        recurringList: Sequence[Object],
        period: Text,
        recurringTime: Text,
        timeZone: Text,
        amt: Text,
        investmentCcy: Text,
        tdMode: Text,
        recurringDay: Text | None = None,
        recurringHour: Text | None = None,
        algoClOrdId: Text | None = None,
        tag: Text | None = None,
        tradeQuoteCcy: Text | None = None,
        source: Texts | None = None,
        recurringTimeType: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_orders_algo_details(
        self,
        *,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_orders_algo_history(
        self,
        *,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_orders_algo_pending(
        self,
        *,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_pause(
        self,
        *,
        algoId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_restart(
        self,
        *,
        algoId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_stop_order_algo(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def recurring_sub_orders(
        self,
        *,
        algoId: Query,
        ordId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_amend_tpsl(
        self,
        *,
        algoId: Text,
        exitSettingParam: Object,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_cancel_sub_order(
        self,
        *,
        algoId: Text,
        instId: Text,
        signalOrdId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_close_position(
        self,
        *,
        algoId: Text,
        instId: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_create_signal(
        self,
        *,
        signalChanName: Text,
        signalChanDesc: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_event_history(
        self,
        *,
        algoId: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_margin_balance(
        self,
        *,
        algoId: Text,
        type: Text,
        amt: Text,
        allowReinvest: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_order_algo(
        self,
        *,
        signalChanId: Text,
        lever: Text,
        investAmt: Text,
        subOrdType: Text,
        includeAll: bool | None = None,
        instIds: Texts | None = None,
        ratio: Text | None = None,
        entrySettingParam: Object | None = None,
        exitSettingParam: Object | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_orders_algo_details(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_orders_algo_history(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_orders_algo_pending(
        self,
        *,
        algoOrdType: Query,
        algoId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_positions(
        self,
        *,
        algoOrdType: Query,
        algoId: Query,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_positions_history(
        self,
        *,
        algoId: Query,
        instId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_set_instruments(
        self,
        *,
        algoId: Text,
        instIds: Texts,
        includeAll: bool,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_signals(
        self,
        *,
        signalSourceType: Query,
        signalChanId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_stop_order_algo(
        self,
        items: Sequence[Object],
        *,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_sub_order(
        self,
        *,
        instId: Text,
        algoId: Text,
        side: Text,
        ordType: Text,
        sz: Text,
        px: Text | None = None,
        reduceOnly: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
        exp_time: int | None = None,
    ) -> list[dict[str, Any]]: ...
    async def signal_sub_orders(
        self,
        *,
        algoId: Query,
        algoOrdType: Query,
        state: Query | None = None,
        signalOrdId: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        type: Query | None = None,
        clOrdId: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...

class Users:
    """`/api/v5/users`."""

    def create_subaccount_apikey(
        self,
        *,
        subAcct: Text,
        label: Text,
        passphrase: Text,
        perm: Text | None = None,
        ip: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Make a key for a sub-account.

        POST /api/v5/users/subaccount/apikey, permission trade, limit 1 in 1 s per user.
        OKX: Sub-account › REST API › Create an API Key for a sub-account.
        """
    def entrust_subaccount_list(
        self,
        *,
        subAcct: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Sub-accounts with custody trading.

        GET /api/v5/users/entrust-subaccount-list, permission read, limit 1 in 1 s per user.
        OKX: Sub-account › REST API › Get custody trading sub-account list.
        """
    def glp_historicalperformance(
        self,
        *,
        program: Query,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Past performance in the market maker programme.

        GET /api/v5/users/glp/historicalperformance, permission read, limit 5 in 2 s per user.
        Up to 100 at once, 31 without `limit`.
        OKX: GLP › GET / GLP historical performance.
        """
    def glp_todayperformance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]:
        """Today's performance in the market maker programme.

        GET /api/v5/users/glp/todayperformance, permission read, limit 5 in 2 s per user.
        OKX: GLP › GET / GLP today's performance.
        """
    def subaccount_apikey(
        self,
        *,
        subAcct: Query,
        apiKey: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Keys of a sub-account.

        GET /api/v5/users/subaccount/apikey, permission read, limit 20 in 2 s per user.
        OKX: Sub-account › REST API › Query the API Key of a sub-account.
        """
    def subaccount_create_subaccount(
        self,
        *,
        subAcct: Text,
        type: Text,
        label: Text | None = None,
        pwd: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Make a sub-account.

        POST /api/v5/users/subaccount/create-subaccount, permission trade, limit 1 in 1 s per user.
        Some cases need pwd.
        OKX: Sub-account › REST API › Create sub-account.
        """
    def subaccount_delete_apikey(
        self,
        *,
        subAcct: Text,
        apiKey: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Delete a key of a sub-account.

        POST /api/v5/users/subaccount/delete-apikey, permission trade, limit 1 in 1 s per user.
        OKX: Sub-account › REST API › Delete the API Key of sub-accounts.
        """
    def subaccount_list(
        self,
        *,
        enable: Query | None = None,
        subAcct: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Sub-accounts.

        GET /api/v5/users/subaccount/list, permission read, limit 20 in 2 s per user.
        Up to 100 at once, 100 without `limit`.
        OKX: Sub-account › REST API › Get sub-account list.
        """
    def subaccount_modify_apikey(
        self,
        *,
        subAcct: Text,
        apiKey: Text,
        label: Text | None = None,
        perm: Text | None = None,
        ip: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Change label, permissions or addresses of a sub-account's key.

        POST /api/v5/users/subaccount/modify-apikey, permission trade, limit 1 in 1 s per user.
        OKX: Sub-account › REST API › Reset the API Key of a sub-account.
        """
    def subaccount_set_transfer_out(
        self,
        *,
        subAcct: Text,
        canTransOut: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]:
        """Allow sub-accounts to transfer out, or forbid it.

        POST /api/v5/users/subaccount/set-transfer-out, permission trade, limit 1 in 1 s per user.
        OKX: Sub-account › REST API › Set permission of transfer out.
        """

class AsyncUsers:
    """`/api/v5/users`, awaitable."""

    async def create_subaccount_apikey(
        self,
        *,
        subAcct: Text,
        label: Text,
        passphrase: Text,
        perm: Text | None = None,
        ip: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def entrust_subaccount_list(
        self,
        *,
        subAcct: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def glp_historicalperformance(
        self,
        *,
        program: Query,
        begin: Query | None = None,
        end: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def glp_todayperformance(
        self, *, extra: Object | None = None, timeout: float | None = None, limit_mode: LimitMode | None = None
    ) -> list[dict[str, Any]]: ...
    async def subaccount_apikey(
        self,
        *,
        subAcct: Query,
        apiKey: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_create_subaccount(
        self,
        *,
        subAcct: Text,
        type: Text,
        label: Text | None = None,
        pwd: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_delete_apikey(
        self,
        *,
        subAcct: Text,
        apiKey: Text,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_list(
        self,
        *,
        enable: Query | None = None,
        subAcct: Query | None = None,
        after: Query | None = None,
        before: Query | None = None,
        limit: Query | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_modify_apikey(
        self,
        *,
        subAcct: Text,
        apiKey: Text,
        label: Text | None = None,
        perm: Text | None = None,
        ip: Text | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
    async def subaccount_set_transfer_out(
        self,
        *,
        subAcct: Text,
        canTransOut: bool | None = None,
        extra: Object | None = None,
        timeout: float | None = None,
        limit_mode: LimitMode | None = None,
    ) -> list[dict[str, Any]]: ...
