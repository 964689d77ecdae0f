"""How the tests are given to the workers: what waits beside what computes, the longest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from xdist.scheduler import LoadFileScheduling

#: Rooms whose tests wait for half of their time: for a page to be drawn, a pause to pass, an app to
#: start. If all workers had them at once, the processors would wait too.
WAITING = ("browser", "ui")
#: Seconds of one processor that the longest files take, with the programs that they start; the
#: others take less. Measured on two processors, and good enough to be wrong by a half.
SECONDS: Mapping[str, int] = {
    "tests/browser/test_painting.py": 60,
    "tests/test_types.py": 50,
    "tests/training/test_training_recipe.py": 50,
    "tests/benchmarks/test_bench_tables.py": 45,
    "tests/browser/test_views.py": 45,
    "tests/ui/test_run.py": 45,
    "tests/synthetic/test_making.py": 40,
    "tests/cli/test_repaint_commands.py": 37,
    "tests/browser/test_second_photo.py": 36,
    "tests/browser/test_live_geometry.py": 35,
    "tests/inference/test_pipeline_geometry.py": 35,
    "tests/ui/test_app_privacy.py": 35,
    "tests/benchmarks/test_bench_diffusion.py": 30,
    "tests/benchmarks/test_bench_light.py": 30,
    "tests/browser/test_kept_session.py": 30,
    "tests/browser/test_proxy_path.py": 30,
    "tests/browser/test_second_screen.py": 30,
    "tests/evaluation/test_evaluation_privacy.py": 30,
    "tests/postprocess/test_post_restore.py": 30,
    "tests/cli/test_process.py": 29,
    "tests/test_site.py": 28,
    "tests/ui/test_asked_painting.py": 28,
    "tests/browser/test_live_benchmark.py": 25,
    "tests/browser/test_single.py": 25,
    "tests/test_examples.py": 25,
    "tests/browser/test_profile_points_tab.py": 24,
    "tests/generators/test_painter.py": 24,
    "tests/ui/test_paint_tabs.py": 24,
    "tests/cli/test_repaint_preview.py": 23,
    "tests/inference/test_oblique.py": 21,
    "tests/browser/test_single_files.py": 20,
    "tests/browser/test_single_use.py": 20,
    "tests/browser/test_tabs.py": 20,
    "tests/synthetic/test_shards.py": 20,
    "tests/browser/test_encrypted_consultation.py": 18,
    "tests/cli/test_evaluate_command.py": 18,
    "tests/generators/test_diffusion.py": 18,
    "tests/profile/test_profile_rendered.py": 18,
    "tests/browser/test_asking.py": 17,
    "tests/browser/test_live_annotations.py": 16,
    "tests/browser/test_live_frames.py": 16,
    "tests/browser/test_logins_page.py": 16,
    "tests/browser/test_outcome_page.py": 16,
    "tests/browser/test_handout_dialog.py": 15,
    "tests/browser/test_head_access.py": 15,
    "tests/browser/test_tabs_comparison.py": 15,
    "tests/landmarks/test_detector.py": 15,
    "tests/browser/test_live_comparison.py": 14,
    "tests/browser/test_own_presets_tab.py": 14,
    "tests/light/test_light_on_heads.py": 14,
    "tests/browser/test_goals.py": 13,
    "tests/browser/test_head_viewer.py": 13,
    "tests/browser/test_views_head_tab.py": 13,
    "tests/browser/test_words.py": 13,
    "tests/cli/test_repaint_requests.py": 13,
    "tests/head/test_fit_head.py": 13,
    "tests/training/test_training_run.py": 13,
    "tests/ui/test_view_photos.py": 13,
    "tests/workflows/test_workflows_views.py": 13,
    "tests/browser/test_brush_tab.py": 12,
    "tests/browser/test_drawings_tab.py": 12,
    "tests/browser/test_kept_within.py": 12,
    "tests/browser/test_keyboard.py": 12,
    "tests/browser/test_live_access.py": 12,
    "tests/browser/test_live_difference.py": 12,
    "tests/browser/test_told.py": 12,
    "tests/browser/test_under_the_hand.py": 12,
    "tests/cli/test_cli.py": 12,
    "tests/inference/test_pipeline.py": 12,
    "tests/ui/test_tab_comparison.py": 12,
    "tests/verification/test_geometry.py": 12,
    "tests/benchmarks/test_bench_data.py": 11,
    "tests/browser/test_plan_steps.py": 11,
    "tests/browser/test_recovery.py": 11,
    "tests/cli/test_ended_commands.py": 11,
    "tests/clinical/test_vitiligo.py": 11,
    "tests/inference/test_profile_pipeline.py": 11,
    "tests/profile/test_profile_departures.py": 11,
    "tests/profile/test_profile_finder.py": 11,
    "tests/workflows/test_workflows_batches.py": 11,
    "tests/workflows/test_workflows_multiview.py": 11,
    "tests/browser/test_live_light.py": 10,
    "tests/browser/test_live_looking.py": 10,
    "tests/browser/test_sliders.py": 10,
    "tests/browser/test_tabs_analysis.py": 10,
    "tests/cli/test_head_command.py": 10,
    "tests/inference/test_covered_faces.py": 10,
    "tests/test_docs.py": 10,
    "tests/test_docs_python.py": 10,
    "tests/training/test_train_command.py": 10,
    "tests/ui/test_ask.py": 10,
    "tests/workflows/test_profile_points_consultation.py": 10,
    "tests/workflows/test_workflows_single.py": 10,
}


class FileScheduling(LoadFileScheduling):
    """Gives whole files to a worker, the longest first; half of the workers begin with what waits.

    A worker whose kind of files is used up goes on with the others. Those of the browser start a
    Chromium and an app of their own, and those that compute load networks: it takes some seconds,
    which a worker that keeps to its kind needs once.
    """

    def __init__(self, config, log):
        # Else the files with most tests come first, which are not those that take longest.
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _assign_work_unit(self, node):
        place = list(self.assigned_work).index(node)
        beside = place < len(self.assigned_work) // 2
        self.workqueue.move_to_end(next_file(self.workqueue, waiting=beside), last=False)
        super()._assign_work_unit(node)


def next_file(files: Iterable[str], *, waiting: bool) -> str:
    """The longest of the files that wait, or compute; of the other kind, where there is none.

    Files of the same length stay in their order.
    """
    return min(files, key=lambda file: (_waits(file) is not waiting, -SECONDS.get(file, 0)))


def _waits(file: str) -> bool:
    return any(room in WAITING for room in PurePosixPath(file).parts)
