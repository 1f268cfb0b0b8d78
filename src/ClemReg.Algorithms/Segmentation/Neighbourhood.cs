namespace ClemReg.Algorithms.Segmentation;

/// <summary>Which pixels of a section are neighbours.</summary>
public enum Neighbourhood
{
    /// <summary>Those that share a side.</summary>
    Four = 4,
    /// <summary>Those that share a side or a corner.</summary>
    Eight = 8,
}
