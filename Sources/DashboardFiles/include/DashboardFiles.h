// autointerp
// Declares the dashboard's web files, which DashboardFiles.c embeds into the program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One file of `web/`.
struct DashboardFile {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  unsigned long count;
};

/// The files, `*count` of them.
const struct DashboardFile *_Nonnull dashboardFiles(unsigned long *_Nonnull count);
