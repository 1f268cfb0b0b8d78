namespace ClemReg.Algorithms.Projects;

/// <summary>How a step of a project stands.</summary>
public enum StepState
{
    /// <summary>It has not been done, or its result is gone.</summary>
    Missing,
    /// <summary>Its result is there and was made of what is there now.</summary>
    Done,
    /// <summary>Its result is there, but what it was made of, or its parameters, have changed since.</summary>
    OutOfDate,
}

/// <summary>A step of a project, from the stack to the comparison.</summary>
/// <param name="Name">Its key in project.json.</param>
/// <param name="Title">What people read.</param>
/// <param name="Operation">The operation that does it; empty where a person does.</param>
/// <param name="Result">Where its result is put, in the project's folder.</param>
public sealed record ProjectStep(string Name, string Title, string Operation, string Result)
{
    /// <summary>All, in their order.</summary>
    public static IReadOnlyList<ProjectStep> All { get; } =
    [
        new("stack", "Stack", "", ""),
        new("annotate", "Annotate", "", "boxes"),
        new("export_dataset", "Export dataset", "export_dataset", "dataset"),
        new("detect", "Detect", "detect_objects", "detected"),
        new("segment", "Segment", "segment_organelles", "segmented"),
        new("mesh", "Mesh", "mesh", "meshes"),
        new("compare", "Compare", "compare_segmentations", "comparison"),
    ];

    /// <summary>The step of a name; null where there is none.</summary>
    public static ProjectStep? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}

/// <summary>How a step stands, and why.</summary>
/// <param name="Step">The step.</param>
/// <param name="State">How it stands.</param>
/// <param name="Reasons">Why it is missing or out of date.</param>
/// <param name="Notes">What else is worth knowing: a result that was changed by hand.</param>
/// <param name="Result">Where its result is, an absolute path; empty where there is none.</param>
public sealed record StepStatus(ProjectStep Step, StepState State, IReadOnlyList<string> Reasons, IReadOnlyList<string> Notes, string Result);
