export type * from "@tidegate/fragment";
