// autointerp
// Declares the style and the script of report pages, which ReportFiles.c embeds into the program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The text of `web/report.css`, `*count` bytes.
const unsigned char *_Nonnull reportStyle(unsigned long *_Nonnull count);

/// The text of `web/report.js`, `*count` bytes.
const unsigned char *_Nonnull reportScript(unsigned long *_Nonnull count);
