/* SPDX-License-Identifier: Apache-2.0 */
typedef int ocsp_empty;
