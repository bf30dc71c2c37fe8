export type {
  Change,
  ChangeLevel,
  Finding,
  IntegrationState,
  Origin,
  Report,
  Severity,
} from "@tidegate/fragment";
