export type {
  Change,
  ChangeLevel,
  Finding,
  FindingFix,
  IntegrationState,
  Origin,
  Report,
  Severity,
} from "@tidegate/fragment";
